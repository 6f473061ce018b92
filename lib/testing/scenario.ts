import type { Json } from "../define/json.ts";
import type { Definition } from "../define/service.ts";
import type { Millis } from "../define/time.ts";
import { together } from "../boot/alarms.ts";
import { BootProgress } from "../boot/progress.ts";
import { BootJudge } from "../boot/watchdog.ts";
import { Driver, Journal } from "../driver/mod.ts";
import { check } from "../check/mod.ts";
import { type Graph, type Node, renderDiagnostic, resolve } from "../graph/mod.ts";
import { noLogs } from "../log/mod.ts";
import { type Child, type FakeOs, fakeOs, type VirtualTask } from "../os/fake/mod.ts";
import type { SpawnRequest } from "../os/os.ts";
import { idealChild, SOON } from "./ideal_child.ts";
import { type Outcome, outcomeOf, type Step } from "./outcome.ts";

/** What a process of a service does. It may throw what a spawn throws: `cannotExec(request)`. */
export type Behaviour = (attempt: number, request: SpawnRequest) => Child;

/** What is special about a boot. Services are named as everywhere: `persist-mount`. */
export interface ScenarioSettings {
  /**
   * What services yield when they are ready. Without an entry a service yields `null`.
   *
   * @example `{ wireguard: { iface: "wg0" } }`
   */
  readonly outputs?: Readonly<Record<string, Json>>;
  /**
   * What processes do that do not do what they should. Without an entry a process does: a oneshot ends with 0, a
   * longrun is ready after 10 ms and obeys SIGTERM.
   *
   * @example `{ "fortros-maintainer": (attempt) => attempt < 3 ? exitsBeforeReady(1) : ideal() }`
   */
  readonly processes?: Readonly<Record<string, Behaviour>>;
  /**
   * What happens from outside, in the order of time; times count from the start.
   *
   * @example `[{ at: seconds(5), kill: "wireguard" }, { at: seconds(9), stop: "web" }]`
   */
  readonly events?: readonly Happening[];
  /**
   * What the clocks show when it begins, as ISO 8601: what timers with a calendar event go by. Default: the beginning of 2026.
   *
   * @example `"2026-03-29T00:00:00Z"`
   */
  readonly clock?: string;
  /** When the scenario ends with a shutdown. Default: a second after the boot is through and the last event has happened, 10 minutes at most. */
  readonly until?: Millis;
}

/** Something that happens to a running system: a process is killed, or somebody wants something. */
export type Happening =
  & { readonly at: Millis }
  & (
    | { readonly kill: string }
    | { readonly start: string }
    | { readonly stop: string }
    | { readonly restart: string }
    | { readonly trigger: string }
  );

/** A scenario that nobody ends, ends here. */
const LONGEST: Millis = 600_000;
/** How long a scenario goes on once everything is settled. */
const SETTLED: Millis = 1000;

/**
 * Boots a units module on a virtual machine with virtual time, lets happen what `settings` say, and shuts it down. It
 * is the real supervisor and the real driver; minutes take milliseconds, and every run is the same.
 *
 * @example What becomes of a generation whose database never is ready
 * ```ts
 * import { defineBundle, defineService, defineSystem, notificationFd, seconds } from "denit";
 * import { neverReady, scenario } from "denit/testing";
 *
 * const database = defineService({ run: () => ({ argv: ["/usr/bin/database"] }), ready: notificationFd(3) });
 * const units = {
 *   database,
 *   default: defineSystem({
 *     boot: defineBundle([database]),
 *     watchdog: { success: [database], deadline: seconds(90), statusFile: "/persist/status" },
 *   }),
 * };
 * const good = await scenario(units);
 * if (good.verdict !== "ok") throw new Error("it boots");
 * const bad = await scenario(units, { processes: { database: () => neverReady() } });
 * if (bad.verdict !== "failed") throw new Error("it does not");
 * if (bad.awaited.join() !== "database") throw new Error("and says why");
 * ```
 *
 * @example What a timer has done in a week
 * ```ts
 * import { defineBundle, defineSystem, hours, timer } from "denit";
 * import { scenario } from "denit/testing";
 *
 * const backup = timer({ at: "Mon..Fri 03:30", run: () => ({ argv: ["/usr/bin/backup"] }) });
 * const units = { backup, default: defineSystem({ boot: defineBundle([backup]) }) };
 * const week = await scenario(units, { clock: "2026-11-23T00:00:00Z", until: hours(7 * 24) });
 * if (week.runs("backup") !== 5) throw new Error("once on each of five days");
 * ```
 *
 * @param units The exports of a units module: `import * as units from "./units/mod.ts"`.
 * @param settings What is special.
 * @returns What happened.
 * @throws {Error} If the units are not in order; the message holds every diagnostic.
 */
export async function scenario(
  units: Readonly<Record<string, unknown>>,
  settings: ScenarioSettings = {},
): Promise<Outcome> {
  const graph = goodGraph(units);
  refuseUnknown(graph, settings);
  const play = new Play(graph, settings);
  return await play.run();
}

function goodGraph(units: Readonly<Record<string, unknown>>): Graph {
  const { graph, diagnostics } = resolve(units);
  const found = graph === null ? diagnostics : check(graph);
  if (graph === null || found.length > 0) throw new Error(found.map(renderDiagnostic).join("\n"));
  return graph;
}

/** A misspelt name would make a test that cannot fail. */
function refuseUnknown(graph: Graph, { outputs, processes, events }: ScenarioSettings): void {
  const named = (events ?? []).map((happening) =>
    Object.values(happening).find((value) => typeof value === "string")
  );
  for (const name of [...Object.keys(outputs ?? {}), ...Object.keys(processes ?? {}), ...named]) {
    if (name !== undefined && !graph.ids.has(name)) {
      throw new Error(`there is no service ${name}; there are ${[...graph.ids.keys()].join(", ")}`);
    }
  }
}

/** One scenario as it goes on. */
class Play {
  readonly #graph: Graph;
  readonly #settings: ScenarioSettings;
  readonly #os: FakeOs;
  readonly #steps: Step[] = [];
  readonly #verdict: { verdict: "ok" | "failed" | null; awaited: readonly string[] } = {
    verdict: null,
    awaited: [],
  };
  readonly #rest: Happening[];
  readonly #attempts = new Map<string, number>();
  /** Whose `run` was called last: the spawn that follows is for it. */
  #spawning: Node | null = null;
  readonly #progress: BootProgress;
  #endsAt: Millis;
  #ending = false;

  constructor(graph: Graph, settings: ScenarioSettings) {
    this.#graph = {
      ...graph,
      nodes: graph.nodes.map((node) => ({ ...node, definition: this.#overheard(node) })),
    };
    this.#settings = settings;
    this.#os = fakeOs({
      behave: (request) => this.#behave(request),
      perform: () => this.#perform(),
      ...settings.clock === undefined ? {} : { wall: Date.parse(settings.clock) },
      descriptors: 4 * graph.nodes.length + 64,
    });
    this.#rest = (settings.events ?? []).toSorted((a, b) => a.at - b.at);
    this.#progress = new BootProgress(graph.boot, 0);
    this.#progress.begin(0);
    this.#endsAt = settings.until ?? LONGEST;
  }

  async run(): Promise<Outcome> {
    const graph = this.#graph;
    const judge = new BootJudge(graph, "scenario", 0, {
      write: () => Promise.resolve(),
      onFault() {},
      onVerdict: (verdict, awaited) => {
        Object.assign(this.#verdict, { verdict, awaited });
        if (verdict === "failed" && graph.watchdog?.onFailure !== "stay") this.#end(driver);
      },
    });
    const driver: Driver = new Driver({
      graph,
      os: this.#os,
      prober: () => Promise.resolve(null),
      habitat: { env: {}, cwd: "/", self: ["/proc/self/exe"], place: "machine" },
      journal: new Journal(graph, () => {}),
      logs: noLogs,
      random: () => 0,
      alarm: together(judge, { due: () => this.#due(), ring: (now) => this.#happen(driver, now) }),
      onSignal() {},
      onFault: (error) => {
        throw error;
      },
      onPhase: (id, phase, why, now) => {
        const name = graph.nodes[id]!.name;
        this.#steps.push({ at: now, service: name, phase: phase.phase, why });
        if (phase.phase === "up") judge.noteUp(id, now);
        this.#progress.note(id, phase, now);
        this.#endSoonIfThrough(now);
      },
    });
    for (const id of graph.boot) driver.post({ type: "start", id });
    await driver.run();
    driver.dispose();
    return outcomeOf(this.#steps, this.#verdict, this.#os.live.size, this.#attempts);
  }

  /** When the next thing from outside happens. */
  #due(): Millis {
    return this.#ending ? Infinity : Math.min(this.#endsAt, this.#rest[0]?.at ?? Infinity);
  }

  #happen(driver: Driver, now: Millis): void {
    while (this.#rest[0] !== undefined && this.#rest[0].at <= now) this.#cause(driver, this.#rest.shift()!);
    this.#endSoonIfThrough(now);
    if (now >= this.#endsAt) this.#end(driver);
  }

  /** Without an end of its own, a scenario ends a little after all is settled, so that what follows is seen too. */
  #endSoonIfThrough(now: Millis): void {
    const through = this.#progress.finishedAt !== null && this.#rest.length === 0;
    if (through && this.#settings.until === undefined) this.#endsAt = Math.min(this.#endsAt, now + SETTLED);
  }

  #cause(driver: Driver, happening: Happening): void {
    const idOf = (name: string) => this.#graph.ids.get(name)!;
    if ("start" in happening) driver.post({ type: "start", id: idOf(happening.start) });
    else if ("stop" in happening) driver.post({ type: "stop", id: idOf(happening.stop) });
    else if ("restart" in happening) driver.post({ type: "restart", id: idOf(happening.restart) });
    else if ("trigger" in happening) driver.post({ type: "triggered", id: idOf(happening.trigger) });
    else {
      const { phase } = driver.state.services[idOf(happening.kill)]!;
      if ("pid" in phase && phase.pid !== null) this.#os.kill(phase.pid, "SIGKILL", "process");
    }
  }

  #end(driver: Driver): void {
    if (this.#ending) return;
    this.#ending = true;
    driver.post({ type: "shutdown", power: "exit" });
  }

  #overheard(node: Node): Definition {
    const { definition } = node;
    return {
      ...definition,
      // A command that stops a process as it should does no more than the signal.
      hooks: { ...definition.hooks, stop: null },
      run: (outputs) => {
        this.#spawning = node;
        return definition.run(outputs);
      },
      undo: definition.undo === null ? null : (outputs, output) => {
        this.#spawning = null;
        return definition.undo!(outputs, output);
      },
    };
  }

  #behave(request: SpawnRequest): Child {
    const node = this.#spawning;
    // An undo, or the command of a probe: these do what they should.
    if (node === null) return { steps: [{ exit: 0 }] };
    const child = this.#special(node, request);
    if (child !== ideal()) return child;
    return idealChild(node, this.#settings.outputs?.[node.name] ?? null);
  }

  /** What init does itself succeeds, unless its "process" cannot be spawned or hangs in the kernel. */
  #perform(): VirtualTask {
    const node = this.#spawning;
    if (node === null) return {};
    const { steps = [] } = this.#special(node, { argv: [node.name], env: {}, fds: [] });
    const stuck = steps.find((step) => "stuck" in step)?.stuck ?? 0;
    return { after: SOON + stuck, output: this.#settings.outputs?.[node.name] ?? {} };
  }

  #special(node: Node, request: SpawnRequest): Child {
    this.#spawning = null;
    const attempt = (this.#attempts.get(node.name) ?? 0) + 1;
    this.#attempts.set(node.name, attempt);
    return this.#settings.processes?.[node.name]?.(attempt, request) ?? ideal();
  }
}

const IDEAL: Child = {};

/**
 * In `processes`: this attempt does what it should.
 *
 * @example
 * ```ts
 * import { crashes, ideal } from "denit/testing";
 *
 * const processes = { web: (attempt: number) => attempt === 1 ? crashes() : ideal() };
 * ```
 */
export function ideal(): Child {
  return IDEAL;
}
