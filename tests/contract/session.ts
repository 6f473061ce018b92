/** One test's use of an {@linkcode Os}: a small driver that notes everything that happens. */
import { assert, assertEquals } from "@std/assert";
import type {
  ExitStatus,
  Fd,
  FdMapping,
  Os,
  Pid,
  SignalName,
  SpawnAttributes,
  Wakeup,
} from "../../lib/os/mod.ts";
import type { Program } from "./program.ts";

/** Longest time that anything in this suite may take, in milliseconds: a limit for failures, not a measure. */
const DEADLINE = 60_000;

/** An implementation of {@linkcode Os} under test. */
export interface Machine {
  readonly name: string;
  /** Opens it, as the parent of all orphans. */
  open(): Os;
  /** Undoes what {@linkcode open} did besides. */
  close(): void;
  /** Sends a signal to us from outside. */
  signalUs(os: Os, signal: SignalName): void;
  /** Connects to a socket of this machine, as ourselves; the descriptor is one of ours. */
  connect(os: Os, path: string): Fd;
  /** What SO_PEERCRED has to say of ourselves. */
  readonly self: { readonly pid: Pid; readonly uid: number; readonly gid: number };
  /** The letter that ps(1) has for the state of a process. */
  state(os: Os, pid: Pid): string;
  /** Our open descriptors. */
  openFds(os: Os): Fd[];
}

/** What a {@linkcode Session} starts, beyond the program. */
export interface Extras {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly fds?: readonly FdMapping[];
  readonly attributes?: SpawnAttributes;
}

/** An open machine, and what has been seen on it. */
export class Session {
  readonly exits = new Map<Pid, ExitStatus>();
  readonly signals: SignalName[] = [];
  /** Descriptors that have reached their end; they are closed. */
  readonly ended = new Set<Fd>();
  readonly #chunks = new Map<Fd, Uint8Array[]>();
  readonly #started = new Set<Pid>();
  readonly #buffer = new Uint8Array(65_536);

  constructor(readonly os: Os, readonly machine: Machine) {}

  /** Starts a program. */
  start(argv: Program, { env = { PATH: "/usr/bin:/bin" }, fds = [], ...rest }: Extras = {}): Pid {
    const pid = this.os.spawn({ argv, env, fds, ...rest });
    this.#started.add(pid);
    return pid;
  }

  /** Starts a program whose standard output is watched. */
  listenTo(argv: Program, { fds = [], ...extras }: Extras = {}): { pid: Pid; out: Fd } {
    const { read, write } = this.os.pipe();
    const pid = this.start(argv, { ...extras, fds: [...fds, { from: write, to: 1 }] });
    this.os.close(write);
    this.watch(read);
    return { pid, out: read };
  }

  /** Watches a descriptor, whose number may be that of an older one. */
  watch(fd: Fd): void {
    this.ended.delete(fd);
    this.#chunks.delete(fd);
    this.os.watch(fd);
  }

  /** Lets things happen until a condition holds. */
  async until(condition: () => boolean, what: string): Promise<void> {
    const limit = this.os.now() + DEADLINE;
    while (!condition()) {
      const left = limit - this.os.now();
      assert(left > 0, `${what} did not happen in ${DEADLINE} ms`);
      this.note(await this.os.wait(left));
    }
  }

  /** Does what a driver does with a wakeup. */
  note({ readable, children, signals }: Wakeup): void {
    this.signals.push(...signals);
    for (const fd of readable) this.#drain(fd);
    if (!children) return;
    for (const { pid, status } of this.os.reap()) {
      assert(!this.exits.has(pid), `${pid} was reaped twice`);
      this.exits.set(pid, status);
      this.#started.delete(pid);
    }
  }

  /** Waits until a process is stopped, of which nobody tells. */
  async stopped(pid: Pid): Promise<void> {
    const limit = this.os.now() + DEADLINE;
    while (this.machine.state(this.os, pid) !== "T") {
      assert(this.os.now() < limit, `${pid} did not stop in ${DEADLINE} ms`);
      this.note(await this.os.wait(1));
    }
  }

  /** Waits for the end of a process and tells how it ended. */
  async exit(pid: Pid): Promise<ExitStatus> {
    await this.until(() => this.exits.has(pid), `the end of ${pid}`);
    return this.exits.get(pid)!;
  }

  /** Waits for the end of a stream and returns all of it. */
  async all(fd: Fd): Promise<Uint8Array> {
    await this.until(() => this.ended.has(fd), `the end of descriptor ${fd}`);
    return this.#bytes(fd);
  }

  /** As {@linkcode all}, as a text. */
  async text(fd: Fd): Promise<string> {
    return new TextDecoder().decode(await this.all(fd));
  }

  /** Waits until a stream has a text as its beginning. */
  async said(fd: Fd, text: string): Promise<void> {
    const now = () => new TextDecoder().decode(this.#bytes(fd));
    await this.until(() => now().startsWith(text), `${JSON.stringify(text)} on descriptor ${fd}`);
  }

  /** What a stream has brought so far. */
  sofar(fd: Fd): string {
    return new TextDecoder().decode(this.#bytes(fd));
  }

  /** Kills what is left and closes the machine. */
  async end(): Promise<void> {
    try {
      for (const pid of this.#started) this.os.kill(pid, "SIGKILL", "group");
      await this.until(() => this.#started.size === 0, "the end of every process");
    } finally {
      this.os.dispose();
      this.machine.close();
    }
  }

  #drain(fd: Fd): void {
    for (;;) {
      const count = this.os.read(fd, this.#buffer);
      if (count === -1) return;
      if (count === 0) {
        this.os.close(fd);
        this.ended.add(fd);
        return;
      }
      const chunks = this.#chunks.get(fd) ?? [];
      chunks.push(this.#buffer.slice(0, count));
      this.#chunks.set(fd, chunks);
    }
  }

  #bytes(fd: Fd): Uint8Array {
    const chunks = this.#chunks.get(fd) ?? [];
    const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }
}

/** The descriptors that are open when a machine has been opened and closed: Deno keeps some after the first time. */
export function closedFds(machine: Machine): Fd[] {
  const os = machine.open();
  os.dispose();
  machine.close();
  return machine.openFds(os);
}

/** Defines a test that gets a machine of its own; afterwards no process and no descriptor of it may be left. */
export function defineTest(
  machine: Machine,
  name: string,
  body: (session: Session) => Promise<void> | void,
  options: { readonly ignore?: boolean } = {},
): void {
  Deno.test({
    name: `Os (${machine.name}) ${name}`,
    ...options,
    fn: async () => {
      const fds = closedFds(machine);
      const session = new Session(machine.open(), machine);
      try {
        await body(session);
      } finally {
        await session.end();
      }
      assertEquals(machine.openFds(session.os), fds, "descriptors are left open");
    },
  });
}
