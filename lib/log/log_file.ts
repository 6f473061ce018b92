import type { LogPolicy } from "../define/log.ts";

const NEWLINE = 0x0a;

/** Where the log of a service is; what was put aside is there with `.1`, the newest, `.2` and so on. */
export function logPath(folder: string, service: string): string {
  return `${folder}/${service}.log`;
}

/** What a log file needs of whoever writes to it. */
export interface LogFileSettings {
  /** Without `.1` and so on. */
  readonly path: string;
  readonly policy: LogPolicy;
  /** The clock of the file system, in milliseconds since 1970. */
  readonly now: () => number;
  /** What a line that Denit itself adds begins with. */
  readonly label: () => Uint8Array;
  /** Told that something cannot be done: "write to", and why. */
  readonly complain: (action: string, error: unknown) => void;
}

/**
 * A file that is put aside when it is large or old. All that may wait for a disk waits in a thread. It never throws:
 * what cannot be written is lost, and the file itself says so as soon as it can be written to again.
 */
export class LogFile {
  readonly #settings: LogFileSettings;
  #file: Deno.FsFile | null = null;
  /** How many files were put aside and are there; null until somebody has looked. */
  #kept: number | null = null;
  #size = 0;
  /** When the file was begun. */
  #begun = 0;
  /** The size at which it is put aside; more than the setting where that has failed. */
  #limit: number;
  /** Whether what was written last is the end of a line. */
  #wholeLines = true;
  /** Bytes that could not be written. */
  #lost = 0;
  /** Bytes that were written and had to make room. */
  #dropped = 0;

  constructor(settings: LogFileSettings) {
    this.#settings = settings;
    this.#limit = settings.policy.maxSize;
  }

  /** Appends lines; the last need not be whole. */
  async append(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    try {
      if (this.#file === null) await this.#open();
      const { maxAge } = this.#settings.policy;
      if (
        maxAge !== null && this.#wholeLines && this.#size > 0 && this.#settings.now() >= this.#begun + maxAge
      ) {
        await this.#rotate();
      }
      while (rest.length > 0) {
        const part = this.#fitting(rest);
        if (part.length === 0) await this.#rotate();
        else rest = rest.subarray(await this.#write(part));
        if (this.#lost + this.#dropped > 0 && this.#wholeLines) await this.#confess();
      }
      if (this.#settings.policy.sync === "always") await this.#file?.syncData();
    } catch (error) {
      this.#lost += rest.length;
      this.#settings.complain(this.#file === null ? "open" : "write to", error);
    }
  }

  async close(): Promise<void> {
    if (this.#settings.policy.sync !== "never") {
      await this.#file?.syncData().catch((error) => this.#settings.complain("sync", error));
    }
    this.#file?.close();
    this.#file = null;
  }

  async #open(): Promise<void> {
    const { path, now } = this.#settings;
    this.#wholeLines = true;
    try {
      // In most cases, as logs are in memory or were just put aside, there is none, and there is nothing to look at.
      this.#file = await Deno.open(path, { append: true, createNew: true, mode: 0o640 });
      this.#size = 0;
      this.#begun = now();
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
    const file = await Deno.open(path, { append: true, read: true });
    try {
      const { size, birthtime, mtime } = await file.stat();
      this.#size = size;
      this.#begun = (size === 0 ? null : birthtime ?? mtime)?.getTime() ?? now();
      // Whoever wrote here before may have been torn from its work.
      if (size > 0 && await lastByte(file, size) !== NEWLINE) {
        this.#size += await file.write(new Uint8Array([NEWLINE]));
      }
    } catch (error) {
      file.close();
      throw error;
    }
    this.#file = file;
  }

  /** The lines that fit into the file; at least one if it is empty, at least the rest of one that was begun. */
  #fitting(bytes: Uint8Array): Uint8Array {
    const left = this.#limit - this.#size;
    if (bytes.length <= left) return bytes;
    const whole = left <= 0 ? 0 : bytes.lastIndexOf(NEWLINE, left - 1) + 1;
    if (whole > 0 || (this.#wholeLines && this.#size > 0)) return bytes.subarray(0, whole);
    const first = bytes.indexOf(NEWLINE) + 1;
    return first === 0 ? bytes : bytes.subarray(0, first);
  }

  /** Writes some of it, and makes room for it where the disk is full. */
  async #write(bytes: Uint8Array): Promise<number> {
    for (;;) {
      try {
        const count = await this.#file!.write(bytes);
        this.#size += count;
        this.#wholeLines = bytes[count - 1] === NEWLINE;
        return count;
      } catch (error) {
        if (!isFull(error)) throw error;
        this.#settings.complain("write to", error);
        if (!await this.#dropOldest()) throw error;
      }
    }
  }

  /** Puts the file aside. Where that fails it goes on growing, and is put aside when it has grown as much again. */
  async #rotate(): Promise<void> {
    const { path, policy } = this.#settings;
    try {
      if (policy.sync !== "never") await this.#file?.syncData();
      this.#kept ??= await countKept(path, policy.keep);
      for (let number = Math.min(this.#kept, policy.keep - 1); number > 0; number--) {
        await Deno.rename(`${path}.${number}`, `${path}.${number + 1}`).catch(unlessMissing);
      }
      if (policy.keep > 0) await Deno.rename(path, `${path}.1`).catch(unlessMissing);
      else await this.#file?.truncate(0);
      this.#kept = Math.min(this.#kept + 1, policy.keep);
    } catch (error) {
      this.#settings.complain("rotate", error);
      this.#limit = this.#size + policy.maxSize;
      this.#begun = this.#settings.now();
      return;
    }
    this.#limit = policy.maxSize;
    this.#file?.close();
    this.#file = null;
    await this.#open();
  }

  /** Removes the oldest file of this log, or empties the only one; whether there was something. */
  async #dropOldest(): Promise<boolean> {
    const { path, policy } = this.#settings;
    this.#kept ??= await countKept(path, policy.keep);
    while (this.#kept > 0) {
      const oldest = `${path}.${this.#kept--}`;
      const size = await Deno.stat(oldest).then((stat) => stat.size, () => 0);
      await Deno.remove(oldest).catch(unlessMissing);
      this.#dropped += size;
      if (size > 0) return true;
    }
    if (this.#size === 0) return false;
    await this.#file!.truncate(0);
    this.#dropped += this.#size;
    this.#size = 0;
    return true;
  }

  /** Says in the file what is missing in it. */
  async #confess(): Promise<void> {
    const told = [
      ...this.#dropped === 0
        ? []
        : [`${this.#dropped} bytes of older lines had to make room on the full disk`],
      ...this.#lost === 0 ? [] : [`${this.#lost} bytes were lost, as they could not be written`],
    ];
    const text = new TextEncoder().encode(`denit: ${told.join("; ")}\n`);
    const label = this.#settings.label();
    const line = new Uint8Array(label.length + text.length);
    line.set(label);
    line.set(text, label.length);
    const count = await this.#file!.write(line);
    this.#size += count;
    this.#wholeLines = count === line.length;
    this.#lost = this.#dropped = 0;
  }
}

/** How many files were put aside before: they are numbered without a gap, unless somebody has removed one. */
async function countKept(path: string, most: number): Promise<number> {
  for (let number = 1; number <= most; number++) {
    if (!await Deno.stat(`${path}.${number}`).then(() => true, () => false)) return number - 1;
  }
  return most;
}

async function lastByte(file: Deno.FsFile, size: number): Promise<number | undefined> {
  const byte = new Uint8Array(1);
  await file.seek(size - 1, Deno.SeekMode.Start);
  await file.read(byte);
  return byte[0];
}

function unlessMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}
