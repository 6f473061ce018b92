/** Whatever children do and whatever is done to them, the books of the virtual machine have to be right. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Exit, SignalName } from "../os.ts";
import { type Child, type FakeOs, fakeOs, type Step } from "./mod.ts";

const after = fc.oneof(fc.constant(0), fc.nat(20));
const fd = fc.integer({ min: 0, max: 4 });
const signal = fc.constantFrom<SignalName>(
  "SIGTERM",
  "SIGKILL",
  "SIGHUP",
  "SIGSTOP",
  "SIGCONT",
  "SIGUSR1",
  "SIGTSTP",
);
const content = fc.constantFrom<string | Uint8Array>(
  "",
  "line\n",
  new Uint8Array(5000),
  new Uint8Array(70_000),
);

function timed<T extends object>(step: fc.Arbitrary<T>): fc.Arbitrary<T & { after: number }> {
  return fc.tuple(step, after).map(([step, after]) => ({ ...step, after }));
}

const { child } = fc.letrec<{ child: Child; step: Step }>((tie) => ({
  step: fc.oneof(
    { maxDepth: 2 },
    timed(fc.record({ exit: fc.nat(3) })),
    timed(fc.record({ write: content, to: fd })),
    timed(fc.record({ copy: fd })),
    timed(fc.record({ copy: fd, to: fc.constantFrom(0, 2, 4) })),
    timed(fc.record({ close: fd })),
    timed(fc.record({ die: signal })),
    timed(fc.record({ stuck: fc.nat(50) })),
    timed(fc.record({ fork: tie("child"), setsid: fc.boolean() })),
  ),
  child: fc.record({
    steps: fc.array(tie("step"), { maxLength: 4 }),
    on: fc.dictionary(
      signal,
      fc.oneof(
        fc.constantFrom("ignore" as const, "default" as const),
        fc.array(tie("step"), { maxLength: 3 }),
      ),
      { maxKeys: 3 },
    ),
  }),
}));

type Move = { readonly spawn: Child } | {
  readonly kill: number;
  readonly signal: SignalName;
  readonly group: boolean;
} | {
  readonly wait: number;
} | { readonly read: true };

const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ spawn: child }),
  fc.record({ kill: fc.nat(8), signal, group: fc.boolean() }),
  fc.record({ wait: fc.nat(40) }),
  fc.constant({ read: true as const }),
);

/** Plays the moves and then kills everything; returns all exits and the final clock. */
function play(moves: readonly Move[]): { os: FakeOs; exits: Exit[]; spawned: Set<number> } {
  let next: Child = {};
  const os = fakeOs({ behave: () => next, lastPid: 200 });
  const exits: Exit[] = [];
  const spawned = new Set<number>();
  const waiting = new Set<number>();
  const buffer = new Uint8Array(10_000);
  const { read, write } = os.pipe();
  os.watch(read);
  const reap = () => {
    for (let batch = os.reap(); batch.length > 0; batch = os.reap()) {
      exits.push(...batch);
      for (const { pid } of batch) waiting.delete(pid);
    }
  };
  for (const move of moves) {
    const before = os.now();
    if ("spawn" in move) {
      next = move.spawn;
      const pid = os.spawn({ argv: ["/x"], env: {}, fds: [{ from: write, to: 1 }, { from: read, to: 3 }] });
      assert(!waiting.has(pid), `${pid} is taken`);
      waiting.add(pid);
      spawned.add(pid);
    } else if ("kill" in move) os.kill(move.kill + 2, move.signal, move.group ? "group" : "process");
    else if ("wait" in move) {
      os.waitNow(move.wait);
      reap();
    } else os.read(read, buffer);
    assert(os.now() >= before);
    for (const { pid, group, state } of os.live.values()) assert(pid > 1 && group > 1 && state !== "zombie");
  }
  // A stuck process dies when it is no longer stuck; a fork that comes out of that needs another round.
  for (let round = 0; os.live.size > 0; round++) {
    assert(round < 100, "something lives for ever");
    for (const pid of [...os.live.keys()]) os.kill(pid, "SIGKILL", "process");
    os.advance(60);
    reap();
  }
  reap();
  os.close(read);
  os.close(write);
  return { os, exits, spawned };
}

Deno.test("fakeOs() reaps every process once, leaks nothing and repeats itself, under any schedule", () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 30 }), (moves) => {
      const { os, exits, spawned } = play(moves);
      const pids = exits.map(({ pid }) => pid);
      for (const pid of spawned) assert(pids.includes(pid), `${pid} was never reaped`);
      assertEquals(os.poll(), null);
      assertEquals(os.openFds(), []);
      const again = play(moves);
      assertEquals(JSON.stringify(again.exits), JSON.stringify(exits));
      assertEquals(again.os.now(), os.now());
    }),
    { numRuns: 300 },
  );
});
