import { assert, assertEquals } from "@std/assert";
import { seconds } from "../define/time.ts";
import type { Policy } from "../graph/graph.ts";
import { usualPolicy } from "../../tests/fixtures/usual_policy.ts";
import { isClean, type Sentence, sentence, spacing } from "./policy.ts";
import { type Failure, initialState, type ServiceState, type Status } from "./state.ts";

const fresh = initialState(1).services[0]!;
const now = 1_000_000;

/** The verdict on a service that was up since some time ago and has ended like this. */
function afterUp(
  restart: Partial<Policy["restart"]>,
  status: Status,
  facts: Partial<ServiceState> = {},
): Sentence {
  const service: ServiceState = {
    ...fresh,
    wanted: "asked",
    phase: { phase: "up", attempt: 1, pid: 100 },
    since: now - 100,
    attempt: 1,
    spawnedAt: now - 200,
    ...facts,
  };
  return sentence(service, policyOf(restart), { type: "exit", status, ready: true }, now);
}

/** The verdict on a service whose start has failed like this. */
function afterStart(
  restart: Partial<Policy["restart"]>,
  failure: Failure,
  facts: Partial<ServiceState> = {},
): Sentence {
  const service: ServiceState = {
    ...fresh,
    wanted: "asked",
    phase: { phase: "starting", attempt: 1, pid: 100, deadline: now + 1 },
    attempt: 1,
    spawnedAt: now - 200,
    ...facts,
  };
  return sentence(service, policyOf(restart), failure, now);
}

function policyOf(restart: Partial<Policy["restart"]>): Policy {
  return { ...usualPolicy, restart: { ...usualPolicy.restart, ...restart } };
}

/** The pause that a verdict gives; null if there is no other try. */
function pause(verdict: Sentence): number | null {
  return verdict.again ? verdict.at - now : null;
}

Deno.test("isClean() holds for exit code 0 and for signals that ask politely", () => {
  for (const signal of ["SIGHUP", "SIGINT", "SIGPIPE", "SIGTERM"]) assert(isClean({ signal }), signal);
  for (const signal of ["SIGKILL", "SIGSEGV", "SIGABRT", "SIGQUIT"]) assert(!isClean({ signal }), signal);
  assert(isClean({ code: 0 }));
  assert(!isClean({ code: 1 }));
});

Deno.test("sentence() decides by the policy and the way it ended whether there is another try", () => {
  const ends: readonly Status[] = [{ code: 0 }, { code: 1 }, { signal: "SIGTERM" }, { signal: "SIGSEGV" }];
  const table = {
    "always": [true, true, true, true],
    "on-failure": [false, true, false, true],
    "never": [false, false, false, false],
  };
  for (const [on, expected] of Object.entries(table)) {
    const again = ends.map((status) => afterUp({ on: on as Policy["restart"]["on"] }, status).again);
    assertEquals(again, expected, on);
  }
});

Deno.test("sentence() counts a clean exit before readiness as a failure", () => {
  const early: Failure = { type: "exit", status: { code: 0 }, ready: false };
  assert(afterStart({ on: "on-failure" }, early).again);
  assertEquals(afterStart({ on: "never" }, early), { again: false, final: "policy" });
});

Deno.test("sentence() does not try again after a permanent exit code, whatever else the policy says", () => {
  const permanent = [78, 0];
  assertEquals(afterUp({ permanent }, { code: 78 }), { again: false, final: "permanent" });
  assertEquals(afterUp({ permanent }, { code: 0 }), { again: false, final: "permanent" });
  assert(afterUp({ permanent }, { code: 1 }).again);
  assert(afterUp({ permanent: [15] }, { signal: "SIGTERM" }).again);
});

Deno.test("sentence() restarts at once the first time, then with growing pauses up to the limit", () => {
  const pauses = [0, 1, 2, 3, 4, 8, 9, 10, 5000].map((streak) => pause(afterUp({}, { code: 1 }, { streak })));
  assertEquals(pauses, [0, 200, 400, 800, 1600, 25_600, 30_000, 30_000, 30_000]);
});

Deno.test("sentence() keeps a delay of nothing at nothing, however many failures there were", () => {
  for (const streak of [1, 10, 1100, 100_000]) {
    assertEquals(pause(afterUp({ delay: 0 }, { code: 1 }, { streak })), 0);
    const failure: Failure = { type: "timeout", after: 5 };
    assertEquals(pause(afterStart({ delay: 0 }, failure, { streak, spawnedAt: now })), spacing);
  }
});

Deno.test("sentence() keeps starts that never got ready a second apart, from spawn to spawn", () => {
  const failure: Failure = { type: "spawn", stage: "exec", code: "ENOENT", message: "" };
  assertEquals(pause(afterStart({}, failure, { spawnedAt: now })), 1000);
  assertEquals(pause(afterStart({}, failure, { spawnedAt: now - 400 })), 600);
  assertEquals(pause(afterStart({}, failure, { spawnedAt: now - 5000 })), 0);
  assertEquals(pause(afterStart({}, failure, { spawnedAt: now - 400, streak: 5 })), 3200);
});

Deno.test("sentence() begins a new row of failures after a healthy spell", () => {
  const giveUp = { after: 1, within: null, then: "stay-down" } as const;
  const healthy = afterUp({ giveUp }, { code: 1 }, { streak: 7, since: now - 10_000 });
  assert(healthy.again);
  assertEquals([healthy.streak, pause(healthy)], [1, 0]);
  assertEquals(afterUp({ giveUp }, { code: 1 }, { streak: 7, since: now - 9999 }), {
    again: false,
    final: "gave-up",
  });
});

Deno.test("sentence() gives up at the failure after the last that is allowed", () => {
  const giveUp = { after: 2, within: null, then: "stay-down" } as const;
  assertEquals([0, 1, 2].map((streak) => afterUp({ giveUp }, { code: 1 }, { streak }).again), [
    true,
    true,
    false,
  ]);
});

Deno.test("sentence() counts only failures within the window, healthy spells or not", () => {
  const giveUp = { after: 2, within: seconds(60), then: "stay-down" } as const;
  const at = (...ages: number[]) =>
    afterUp({ giveUp }, { code: 1 }, { failures: ages.map((age) => now - age), since: now - 20_000 });
  assert(!at(1000, 59_999).again);
  const verdict = at(60_000, 1000);
  assert(verdict.again);
  assertEquals(verdict.failures, [now - 1000, now]);
});
