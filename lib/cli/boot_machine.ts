import { basename, dirname, fromFileUrl } from "@std/path";
import { kill, linuxOs, writeAll } from "../os/linux/mod.ts";
import type { ExitStatus, Fd, Os, Pid } from "../os/mod.ts";
import { InnerJournal } from "./boot_journal.ts";
import { besideCommand, enterCommand, type Entry } from "./boot_namespaces.ts";
import type { FileIn, StageOrder, StageReport } from "./boot_stage.ts";
import { watchParent } from "./boot_parent.ts";

/** What to boot, and how. */
export interface Machine {
  readonly entry: Entry;
  /** The init, an absolute path. */
  readonly init: string;
  readonly args: readonly string[];
  /** A folder with `root`, laid over the machine's root, and `neighbour.ts`, run outside of it; null for none. */
  readonly standIns: string | null;
  /** Whether overlays may be used. */
  readonly overlay: boolean;
}

/** How the machine ended. */
export interface MachineEnd {
  /** How init ended; null if it was never started. */
  readonly status: ExitStatus | null;
  /** Why it was never started. */
  readonly failure: string | null;
  /** When init was started and when it had ended, in ms of CLOCK_MONOTONIC. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Init's journal, as text; empty if it has none. */
  readonly journal: string;
}

/** A second Ctrl-C within this time, in ms, is the first one again: a terminal and `deno task` both pass it on. */
const ECHO = 500;
/** How long, in ms, init may take until it listens. */
const DEAF = 10_000;
/** How often to look, in ms, whether init can be sent a signal yet: before it listens, the kernel throws them away. */
const LOOK = 20;

/**
 * Boots a machine in namespaces, and passes on Ctrl-C until it is down.
 *
 * @param say Tells the user something, one line at a time.
 */
export async function runMachine(machine: Machine, say: (line: string) => void): Promise<MachineEnd> {
  const os = linuxOs();
  const run = new Run(os, machine, say);
  try {
    return await run.toEnd();
  } finally {
    run.dispose();
    os.dispose();
  }
}

class Run {
  readonly #os: Os;
  readonly #machine: Machine;
  readonly #say: (line: string) => void;
  readonly #report: Fd;
  readonly #answer: Fd;
  readonly #outer: Pid;
  readonly #parent: Fd | null;
  #neighbour: Pid | null = null;
  #neighbourReady: Fd | null = null;
  /** Init's pid out here, once its process exists. */
  #inner: Pid | null = null;
  #journal: InnerJournal | null = null;
  #failure: string | null = null;
  #startedAt: number | null = null;
  #reportEnded = false;
  #text = "";
  #asked = 0;
  #askedAt = -Infinity;
  #undelivered = false;

  constructor(os: Os, machine: Machine, say: (line: string) => void) {
    this.#os = os;
    this.#machine = machine;
    this.#say = say;
    os.listen(["SIGINT", "SIGTERM", "SIGHUP"]);
    const report = os.pipe(), answer = os.pipe();
    this.#report = report.read;
    this.#answer = answer.write;
    const order: StageOrder = {
      init: fileIn(machine.init),
      args: machine.args,
      standIns: machine.standIns === null
        ? null
        : { folder: machine.standIns, deno: fileIn(Deno.realPathSync(Deno.execPath())) },
      confined: machine.entry.confined,
      overlay: machine.overlay,
      term: Deno.env.get("TERM") ?? "linux",
    };
    const stage = fromFileUrl(new URL("./boot_stage.ts", import.meta.url));
    this.#outer = os.spawn({
      // A session of its own: the terminal's Ctrl-C reaches us alone, and init hears of it from us.
      argv: enterCommand(machine.entry, [...denoRun(stage), JSON.stringify(order)]),
      env: Deno.env.toObject(),
      fds: [{ from: 1, to: 1 }, { from: 2, to: 2 }, { from: report.write, to: 3 }, {
        from: answer.read,
        to: 4,
      }],
    });
    os.close(report.write);
    os.close(answer.read);
    os.watch(this.#report);
    this.#parent = watchParent();
    if (this.#parent !== null) os.watch(this.#parent);
  }

  async toEnd(): Promise<MachineEnd> {
    for (;;) {
      const { readable, children, signals } = await this.#os.wait(this.#undelivered ? LOOK : null);
      for (const fd of readable) this.#take(fd);
      for (const _signal of signals) this.#ask();
      this.#deliver();
      if (!children) continue;
      for (const { pid, status } of this.#os.reap()) {
        if (pid === this.#neighbour) this.#neighbourEnded();
        if (pid !== this.#outer) continue;
        const endedAt = this.#os.now();
        // The stage tells why it failed before it ends, but both may be seen at once.
        while (!this.#reportEnded) this.#take(this.#report);
        return {
          status: this.#startedAt === null ? null : status,
          failure: this.#startedAt === null
            ? this.#failure ?? `it ended with ${JSON.stringify(status)}`
            : null,
          startedAt: this.#startedAt ?? endedAt,
          endedAt,
          journal: this.#journal?.text() ?? "",
        };
      }
    }
  }

  dispose(): void {
    if (this.#neighbour !== null) kill(this.#neighbour, "SIGKILL", "process");
    this.#journal?.close();
    if (this.#parent !== null) this.#os.close(this.#parent);
  }

  #take(fd: Fd): void {
    // Without its parent, nobody is left who could end this machine.
    if (fd === this.#parent) return this.#kill();
    const bytes = new Uint8Array(4096);
    const count = this.#os.read(fd, bytes);
    if (count === -1) return;
    if (fd === this.#neighbourReady) {
      this.#os.close(fd);
      this.#neighbourReady = null;
      // Without a word it has failed, and told why on its standard error; then its end is reported too.
      if (count > 0) this.#reply(this.#neighbour);
      return;
    }
    if (fd !== this.#report) return;
    if (count === 0) {
      this.#os.close(this.#report);
      this.#reportEnded = true;
      return;
    }
    this.#text += new TextDecoder().decode(bytes.subarray(0, count));
    const lines = this.#text.split("\n");
    this.#text = lines.pop() ?? "";
    lines.forEach((line) => this.#hear(JSON.parse(line)));
  }

  #hear(message: StageReport): void {
    if (message.note !== undefined) this.#say(message.note);
    if (message.starting === true) this.#started();
    if (message.failed !== undefined) {
      this.#failure ??= message.failed;
      this.#startedAt = null;
    }
    if (message.entered === undefined) return;
    this.#inner = message.entered;
    if (this.#machine.standIns === null) return this.#reply(null);
    const ready = this.#os.pipe();
    const program = denoRun(`${this.#machine.standIns}/neighbour.ts`);
    this.#neighbour = this.#os.spawn({
      argv: besideCommand(this.#machine.entry, this.#inner, program),
      env: Deno.env.toObject(),
      fds: [{ from: 2, to: 1 }, { from: 2, to: 2 }, { from: ready.write, to: 3 }],
    });
    this.#os.close(ready.write);
    this.#os.watch(ready.read);
    this.#neighbourReady = ready.read;
  }

  #reply(neighbour: Pid | null): void {
    writeAll(this.#answer, new TextEncoder().encode(JSON.stringify(neighbour) + "\n"));
    this.#os.close(this.#answer);
  }

  #neighbourEnded(): void {
    this.#neighbour = null;
    if (this.#startedAt !== null) {
      return this.#say("the neighbour on the network has ended; services may miss it");
    }
    this.#failure ??= "the neighbour on the network has failed";
    this.#kill();
  }

  /** The stage executes init now. That this works shows only at the end, as unshare(1) keeps the report open. */
  #started(): void {
    if (this.#failure !== null || this.#inner === null) return;
    this.#startedAt = this.#os.now();
    this.#journal = InnerJournal.open(this.#inner);
    this.#say(
      `init is process ${this.#inner} here; its runtime directory is /proc/${this.#inner}/root/run/denit`,
    );
  }

  #ask(): void {
    const now = this.#os.now();
    if (now - this.#askedAt < ECHO) return;
    this.#askedAt = now;
    this.#asked++;
    if (this.#startedAt === null) {
      this.#failure ??= "interrupted before that";
      return this.#kill();
    }
    if (this.#asked === 1) this.#say("shutting down; once more hurries, a third time kills");
    if (this.#asked >= 3) return this.#kill();
    this.#undelivered = true;
  }

  #deliver(): void {
    if (!this.#undelivered || this.#inner === null) return;
    if (!catchesTerm(this.#inner)) {
      if (this.#os.now() - this.#askedAt < DEAF) return;
      this.#undelivered = false;
      this.#say(`init does not listen to SIGTERM after ${DEAF / 1000} s: killed`);
      return this.#kill();
    }
    this.#undelivered = false;
    kill(this.#inner, "SIGTERM", "process");
  }

  #kill(): void {
    kill(this.#inner ?? this.#outer, "SIGKILL", "process");
  }
}

/** The command that runs one of our programs that need nothing but themselves. */
function denoRun(program: string): string[] {
  return [
    Deno.execPath(),
    "run",
    "--quiet",
    "--no-config",
    "--no-lock",
    "--no-remote",
    "--no-npm",
    "-A",
    program,
  ];
}

function fileIn(path: string): FileIn {
  const real = Deno.realPathSync(path);
  return { folder: dirname(real), name: basename(real) };
}

/** Whether a process catches SIGTERM: SigCgt of proc(5), in which bit 0 is signal 1. */
function catchesTerm(pid: Pid): boolean {
  try {
    const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1] ?? "0";
    return (BigInt(`0x${caught}`) >> 14n & 1n) === 1n;
  } catch {
    return false;
  }
}
