import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  type Alive,
  defineService,
  type NoDeps,
  optional,
  type Probe,
  seconds,
  spawned,
  tcpProbe,
} from "denit";
import { graphOf, plain } from "../../tests/fixtures/graph_of.ts";
import type { Longrun } from "../define/service.ts";
import { check } from "./check.ts";
import type { Diagnostic } from "../graph/diagnostic.ts";

type Hooks = Partial<Pick<Longrun<NoDeps, null>, "before" | "after" | "stop" | "alive" | "verbs">>;

function diagnose(hooks: Hooks): readonly Diagnostic[] {
  const a = defineService({ run: () => ({ argv: ["/a"] }), ready: spawned(), ...hooks });
  return check(graphOf({ a }));
}

const settings = (hooks: Hooks) => diagnose(hooks).map(({ setting }) => setting);
const command = () => ({ argv: ["/c"] }) as const;

Deno.test("checkHooks() has nothing against hooks that make sense", () => {
  const alive: Alive = { probe: tcpProbe({ port: 80 }).probe, every: seconds(1), failures: 1, timeout: 1 };
  const verbs = { flush: command, "rotate-2": "SIGHUP" } as const;
  assertEquals(diagnose({ before: command, after: command, stop: { command }, alive, verbs }), []);
});

Deno.test("checkHooks() refuses names that nobody could type, and a signal that a command could not give way to", () => {
  assertEquals(settings({ verbs: { "Rotate logs": command, "": "SIGHUP", "-x": "SIGHUP", ok: "SIGHUP" } }), [
    "verbs.Rotate logs",
    "verbs.",
    "verbs.-x",
  ]);
  assertEquals(settings({ stop: { command, signal: "SIGKILL" } }), ["stop.signal"]);
});

Deno.test("checkHooks() refuses numbers that are none", () => {
  const probe: Probe = { type: "file", path: "/alive" };
  for (const value of [0, -1, NaN, Infinity]) {
    assertEquals(settings({ alive: { probe, every: value } }), ["alive.every"]);
    assertEquals(settings({ alive: { probe, every: 1, timeout: value } }), ["alive.timeout"]);
    assertEquals(settings({ alive: { probe, every: 1, failures: value } }), ["alive.failures"]);
  }
  assertEquals(settings({ alive: { probe, every: 1, failures: 1.5 } }), ["alive.failures"]);
});

Deno.test("checkHooks() refuses a probe that was written down and is none", () => {
  const probes: readonly Probe[] = [
    { type: "tcp", host: "127.0.0.1", port: 0 },
    { type: "unix", path: "relative" },
    { type: "http", url: "https://a/", status: null },
    { type: "file", path: "" },
    { type: "command", command: { argv: [""] } },
  ];
  for (const probe of probes) {
    assertEquals(settings({ alive: { probe, every: 1 } }), ["alive.probe"], probe.type);
  }
  const [found] = diagnose({ alive: { probe: probes[0]!, every: 1 } });
  assertStringIncludes(found!.cause, "cannot probe TCP port 0");
});

Deno.test("check() makes the command of every hook, with and without optional dependencies", () => {
  const maybe = plain();
  const hook = ({ maybe }: { maybe?: null | undefined }) => {
    if (maybe === undefined) throw new Error("it is not there");
    return { argv: ["/c"] } as const;
  };
  const a = defineService({
    deps: { maybe: optional(maybe) },
    run: () => ({ argv: ["/a"] }),
    ready: spawned(),
    before: hook,
    after: hook,
    stop: { command: hook },
    reload: hook,
    verbs: { flush: hook, poke: "SIGHUP" },
  });
  const found = check(graphOf({ maybe, a }));
  assertEquals(found.map(({ setting }) => setting), [
    "before",
    "after",
    "stop.command",
    "verbs.flush",
    "reload",
  ]);
  assertEquals(
    found[0]!.cause,
    "cannot make the command of a without its optional dependencies: it is not there",
  );
});

Deno.test("check() refuses a hook that returns no command, of a oneshot, too", () => {
  const wrong = () => ({ argv: ["/c"], enviroment: {} }) as const;
  const a = defineService({ kind: "oneshot", run: () => ({ argv: ["/a"] }), before: wrong });
  const [found] = check(graphOf({ a }));
  assertEquals(found!.setting, "before");
  assertStringIncludes(found!.cause, 'before returned no command: it has no setting "enviroment"');
});
