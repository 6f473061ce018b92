/** A disk in memory whose power can be cut between any two steps. */
import { basename, dirname } from "@std/path";
import type { Disk } from "../../lib/boot/generation_disk.ts";

/** The power is away. */
export class PowerCut extends Error {
  override readonly name = "PowerCut";
}

interface File {
  now: string;
  /** What a power cut leaves for certain; null before the first fsync(2). */
  durable: string | null;
}

interface Folder {
  now: Map<string, Node>;
  durable: Map<string, Node>;
}

type Node = File | Folder;

const isFolder = (node: Node | undefined): node is Folder => node !== undefined && node.now instanceof Map;

/**
 * What is not synchronised survives a power cut or does not, each name and
 * each content for itself, in any order: a disk is allowed to do worse than
 * any file system does.
 */
export class CrashingDisk implements Disk {
  readonly suffix: string;
  /** How many steps are left before the power is cut. */
  stepsLeft = Infinity;
  readonly #root: Folder;

  constructor(suffix: string, root: Folder = { now: new Map(), durable: new Map() }) {
    this.suffix = suffix;
    this.#root = root;
  }

  /** What another power cut leaves; `coin(n)` is a number below `n`. */
  crash(coin: (sides: number) => number): CrashingDisk {
    return new CrashingDisk(this.suffix, survivingFolder(this.#root, coin));
  }

  read(path: string): Promise<string | null> {
    const node = this.#find(path);
    return Promise.resolve(node === undefined || isFolder(node) ? null : node.now);
  }

  folders(path: string): Promise<readonly string[]> {
    const entries = [...this.#folder(path).now];
    return Promise.resolve(entries.filter(([, node]) => isFolder(node)).map(([name]) => name));
  }

  write(path: string, text: string): Promise<void> {
    return this.#step(() => {
      const { now } = this.#folder(dirname(path));
      const old = now.get(basename(path));
      if (old === undefined || isFolder(old)) now.set(basename(path), { now: text, durable: null });
      else old.now = text;
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#step(() => {
      const source = this.#folder(dirname(from)).now;
      this.#folder(dirname(to)).now.set(basename(to), source.get(basename(from))!);
      source.delete(basename(from));
    });
  }

  remove(path: string): Promise<void> {
    return this.#step(() => void this.#folder(dirname(path)).now.delete(basename(path)));
  }

  makeFolder(path: string): Promise<void> {
    return this.#step(() => {
      const { now } = this.#folder(dirname(path));
      if (!isFolder(now.get(basename(path)))) now.set(basename(path), { now: new Map(), durable: new Map() });
    });
  }

  sync(path: string): Promise<void> {
    return this.#step(() => {
      const node = this.#find(path)!;
      if (isFolder(node)) node.durable = new Map(node.now);
      else node.durable = node.now;
    });
  }

  #step(act: () => void): Promise<void> {
    if (this.stepsLeft-- <= 0) return Promise.reject(new PowerCut());
    act();
    return Promise.resolve();
  }

  #find(path: string): Node | undefined {
    if (path === "/") return this.#root;
    const parent = this.#find(dirname(path));
    return isFolder(parent) ? parent.now.get(basename(path)) : undefined;
  }

  #folder(path: string): Folder {
    const node = this.#find(path);
    if (!isFolder(node)) throw new Error(`there is no folder ${path}`);
    return node;
  }
}

function survivingFolder({ now, durable }: Folder, coin: (sides: number) => number): Folder {
  const left = new Map<string, Node>();
  for (const name of new Set([...now.keys(), ...durable.keys()])) {
    const node = coin(2) === 0 ? now.get(name) : durable.get(name);
    if (node !== undefined) {
      left.set(name, isFolder(node) ? survivingFolder(node, coin) : survivingFile(node, coin));
    }
  }
  return { now: left, durable: new Map(left) };
}

function survivingFile({ now, durable }: File, coin: (sides: number) => number): File {
  const text = [durable ?? "", now, now.slice(0, coin(now.length + 1)), "\0".repeat(now.length)][
    now === durable ? 0 : coin(4)
  ]!;
  return { now: text, durable: text };
}
