import type { Hook } from "../define/hooks.ts";
import { consumerOf, settleLog } from "../define/log.ts";
import type { Signal } from "../define/signal.ts";
import { type Graph, type Node, nodeOf } from "./graph.ts";
import { outputsAtRest } from "./rest_command.ts";
import { settled } from "./placeholder.ts";

/** Settings by their names, each as a text that is the same for the same value. */
export type SettingTexts = Readonly<Record<string, string>>;

/** All of a service that another generation of it can be compared with: plain data. */
export interface Portrait {
  readonly name: string;
  /** What `run` was given when it was started last; null if it never was. */
  readonly inputs: Readonly<Record<string, unknown>> | null;
  /** What its process was started with: where this differs, it has to be started anew. */
  readonly process: SettingTexts;
  /** What only those go by who supervise it: this can change while it runs. */
  readonly supervision: SettingTexts;
}

/** What becomes of the services of a running system when another generation takes it over. */
export interface SystemDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Those that have to be started anew, with the settings that differ. */
  readonly restarted: Readonly<Record<string, readonly string[]>>;
  /** Those that go on as they are, supervised by settings that differ. */
  readonly adjusted: Readonly<Record<string, readonly string[]>>;
  readonly same: readonly string[];
}

/**
 * Describes a service.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, spawned } from "denit";
 * import { portray, resolve } from "../graph/mod.ts";
 *
 * const web = defineService({ run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned() });
 * const { graph } = resolve({ web, default: defineSystem({ boot: defineBundle([web]) }) });
 * const { process } = portray(graph!, graph!.nodes[0]!, null);
 * if (process["command"] !== '{"argv":["/usr/bin/web"]}') throw new Error("as it would be started");
 * ```
 *
 * @param inputs What `run` was given, so that two generations are compared for the same; null for placeholders.
 */
export function portray(graph: Graph, node: Node, inputs: Portrait["inputs"]): Portrait {
  const { name, kind, definition, policy, dependencies, consumer } = node;
  const { before, after, stop, alive, verbs } = definition.hooks;
  const given = inputs ?? outputsAtRest(graph, node, "present");
  const made = (hook: Hook | Signal | null) =>
    typeof hook === "function" ? commandText(() => hook(given)) : hook;
  const named = Object.entries(verbs).map(([verb, how]) => [verb, made(how)] as const);
  const { startTimeout, restart, stopSignal, stopTimeout } = policy;
  const needs = dependencies.map((edge) => `${edge.key}: ${nodeOf(graph, edge.id).name} (${edge.kind})`);
  const piped = consumerOf(definition.log) !== null;
  return {
    name,
    inputs,
    process: texts({
      kind,
      command: commandText(() => definition.run(given)),
      body: definition.body === null ? null : String(definition.body.run),
      deps: needs.sort(),
      ready: definition.ready?.label ?? null,
      output: definition.output?.expects ?? null,
      resources: definition.resources ?? null,
      sockets: definition.sockets === undefined ? null : Object.entries(definition.sockets),
      start: definition.trigger ?? null,
      "stop.scope": definition.stop.scope ?? null,
      "log.to": consumer === undefined ? null : nodeOf(graph, consumer).name,
    }),
    supervision: texts({
      description: definition.description,
      timeout: startTimeout,
      notify: definition.ready?.mailbox ?? null,
      restart,
      stop: { signal: stopSignal, timeout: stopTimeout, ...stop === null ? {} : { command: made(stop) } },
      before: made(before),
      after: made(after),
      alive,
      verbs: named.length === 0 ? null : Object.fromEntries(named),
      undo: definition.undo === null ? null : String(definition.body?.undo ?? definition.undo),
      log: piped ? null : settleLog(definition.log),
    }),
  };
}

/**
 * Compares a running system with the one that is to take it over.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, spawned } from "denit";
 * import { diffSystems, portray, resolve } from "../graph/mod.ts";
 *
 * const web = defineService({ run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned() });
 * const { graph } = resolve({ web, default: defineSystem({ boot: defineBundle([web]) }) });
 * const running = [portray(graph!, graph!.nodes[0]!, {})];
 * if (diffSystems(running, graph!).same[0] !== "web") throw new Error("it has not changed");
 * ```
 */
export function diffSystems(running: readonly Portrait[], next: Graph): SystemDiff {
  const before = new Map(running.map((portrait) => [portrait.name, portrait]));
  const added: string[] = [], same: string[] = [];
  const restarted: Record<string, string[]> = {}, adjusted: Record<string, string[]> = {};
  for (const node of next.nodes) {
    const { name } = node;
    const known = before.get(name);
    if (known === undefined) {
      added.push(name);
      continue;
    }
    const portrait = portray(next, node, known.inputs);
    const process = differing(known.process, portrait.process);
    const supervision = differing(known.supervision, portrait.supervision);
    if (process.length > 0) restarted[name] = [...process, ...supervision];
    else if (supervision.length > 0) adjusted[name] = supervision;
    else same.push(name);
  }
  const removed = running.map(({ name }) => name).filter((name) => !next.ids.has(name));
  return { added, removed, restarted, adjusted, same };
}

function differing(before: SettingTexts, after: SettingTexts): string[] {
  // A generation that does not know a setting has none.
  const of = (texts: SettingTexts, name: string) => texts[name] ?? "null";
  return Object.keys({ ...before, ...after }).filter((name) => of(before, name) !== of(after, name));
}

function texts(settings: Readonly<Record<string, unknown>>): SettingTexts {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, text(value)]));
}

function text(value: unknown): string {
  return JSON.stringify(value, (_key, item) => {
    if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => a < b ? -1 : 1));
  }) ?? "null";
}

/** A `run` that cannot make a command of what another generation was given is another one in any case. */
function commandText(make: () => unknown): unknown {
  try {
    return settled(make());
  } catch (error) {
    return `cannot be made: ${error instanceof Error ? error.message : String(error)}`;
  }
}
