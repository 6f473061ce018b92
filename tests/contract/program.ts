/**
 * What a child does, said twice: as a program for Linux and as a script for the virtual kernel. Both are found by
 * the same argument vector, so that a test of the suite knows of one program only.
 */
import type { KernelTask } from "../../lib/define/kernel_task.ts";
import type { Child, VirtualProcess, VirtualTask } from "../../lib/os/fake/mod.ts";
import { osError, type SpawnRequest } from "../../lib/os/mod.ts";

/** The arguments of a program that both machines have. */
export type Program = readonly [string, ...string[]];

const children = new Map<string, Child>();

/** A program of which the virtual kernel knows what it does. */
export function program(argv: Program, child: Child): Program {
  children.set(argv.join("\n"), child);
  return argv;
}

/** A program for the shell. */
export function shell(text: string, child: Child): Program {
  return program(["/bin/sh", "-c", text], child);
}

/** Finds the script of a program that was made here. */
export function behave(request: SpawnRequest): Child {
  const child = children.get(request.argv.join("\n"));
  if (child === undefined) throw new Error(`nothing says what ${request.argv.join(" ")} does`);
  return child;
}

/** How a task of ours goes on the virtual machine, which has neither modules nor files. */
export function perform(task: KernelTask): VirtualTask {
  switch (task.kernel) {
    case "modules": {
      const [name] = task.names;
      if (name === undefined) return { output: { loaded: [] } };
      const where = "it is neither loaded nor built in, nor in /lib/modules/virtual/modules.dep";
      throw osError("load module", "ENOENT", name, where);
    }
    case "save-seed":
      throw osError("save a random seed in", "ENOENT", task.file);
    case "keep-clock":
      throw osError("keep the time in", "ENOENT", task.file);
    default:
      return { output: { movedBy: 0 } };
  }
}

/** Exits at once. */
export function exits(code: number): Program {
  return shell(`exit ${code}`, { steps: [{ exit: code }] });
}

/** Stays until a signal ends it. */
export const stays: Program = program(["/bin/sleep", "1000"], {});

/** Ends by a signal of its own, and leaves no core file about. */
export function dies(signal: string): Program {
  return shell(`ulimit -c 0; kill -${signal} $$`, { steps: [{ die: `SIG${signal}` }] });
}

/** Writes a text to a descriptor, and stays. */
export function says(text: string, fd = 1): Program {
  return shell(`echo ${text} >/proc/self/fd/${fd}; exec sleep 1000`, {
    steps: [{ write: `${text}\n`, to: fd }],
  });
}

/** Writes a text to a descriptor, and exits. */
export function tells(text: string, fd = 1): Program {
  return shell(`echo ${text} >/proc/self/fd/${fd}`, { steps: [{ write: `${text}\n`, to: fd }, { exit: 0 }] });
}

/** Writes what it sees of itself to its standard output, and exits. */
export function describes(argv: Program, seen: (self: VirtualProcess) => string): Program {
  return program(argv, { steps: [{ write: seen, to: 1 }, { exit: 0 }] });
}

/** Copies its standard input to its standard output. */
export const cat: Program = program(["/bin/cat"], { steps: [{ copy: 0, to: 1 }, { exit: 0 }] });

/** Tells the descriptors that it has. */
export const listsFds: Program = describes(
  ["/bin/sh", "-c", "i=0; while [ $i -lt 100 ]; do [ -e /proc/self/fd/$i ] && echo $i; i=$((i+1)); done; :"],
  ({ fds }) => fds.map((fd) => `${fd}\n`).join(""),
);

/** Says when it is ready, and takes no notice of SIGTERM. */
export const ignoresTerm: Program = shell("trap '' TERM; echo ready; exec sleep 1000", {
  steps: [{ write: "ready\n", to: 1 }],
  on: { SIGTERM: "ignore" },
});

/** Says when it is ready, and exits with 5 on SIGTERM. */
export const catchesTerm: Program = shell("trap 'exit 5' TERM; echo ready; sleep 1000 & wait", {
  steps: [{ write: "ready\n", to: 1 }],
  on: { SIGTERM: [{ exit: 5 }] },
});

/** Says "hup" on every SIGHUP and goes on. */
export const reloads: Program = shell(
  "trap 'echo hup' HUP; echo ready; while :; do sleep 1000 & wait $!; done",
  {
    steps: [{ write: "ready\n", to: 1 }],
    on: { SIGHUP: [{ write: "hup\n", to: 1 }] },
  },
);

/** Has a child in its group that holds its standard output open; says when it is there. */
export const hasChild: Program = shell("sleep 1000 & echo ready; wait", {
  steps: [{ fork: {} }, { write: "ready\n", to: 1 }],
});

/** Has a child in a session of its own, which tells its pid. */
export const hasDaemon: Program = shell("setsid /bin/sh -c 'echo $$; exec sleep 1000' & wait", {
  steps: [{ fork: { steps: [{ write: ({ pid }) => `${pid}\n`, to: 1 }] }, setsid: true }],
});

/** Writes more than any pipe holds, then exits with 4. */
export const FLOOD = 300_000;
export const floods: Program = shell(`head -c ${FLOOD} /dev/zero; exit 4`, {
  steps: [{ write: new Uint8Array(FLOOD), to: 1 }, { exit: 4 }],
});

/** Writes without an end, until somebody closes the pipe. */
export const writesForEver: Program = shell("while :; do echo y; done", {
  steps: [{ write: new Uint8Array(FLOOD), to: 1 }, { exit: 0 }],
});
