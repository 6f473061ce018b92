import type { DependencyKind, Deps } from "../define/dependency.ts";
import { consumerOf } from "../define/log.ts";
import { definition, isService, type Service } from "../define/service.ts";
import { type Bundle, isBundle, isSystem, membersOf, settingsOf, type System } from "../define/system.ts";
import { checkContents, checkMember } from "./check_contents.ts";
import { cyclesIn } from "./cycle.ts";
import { describe } from "./describe.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { type Draft, fault } from "./draft.ts";
import type { BootWatchdog, Edge, Graph, Node, ServiceId } from "./graph.ts";
import { serviceName } from "./name.ts";
import { nameServices } from "./name_services.ts";
import { originOf } from "./origin.ts";
import { settlePolicy } from "./settle_policy.ts";
import { topological } from "./topological.ts";

/** A graph, or why there is none. */
export type Resolution =
  | { readonly graph: Graph; readonly diagnostics: readonly [] }
  | { readonly graph: null; readonly diagnostics: readonly Diagnostic[] };

/** The dependencies of a service: the name, the kind, and the key in `deps`. */
type Edges = readonly (readonly [name: string, kind: DependencyKind, key: string])[];

/**
 * Turns the exports of a units module into a graph: names from exports, edges
 * from `deps`, bundles flattened, defaults filled in.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, spawned } from "denit";
 * import { resolve } from "../graph/mod.ts";
 *
 * const db = defineService({ run: () => ({ argv: ["/usr/bin/db"] }), ready: spawned() });
 * const web = defineService({ deps: { db }, run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned() });
 * const { graph } = resolve({ db, web, default: defineSystem({ boot: defineBundle([web]) }) });
 * if (graph?.ids.get("web") !== 1) throw new Error("dependencies have smaller ids");
 * ```
 *
 * @param exports The module's namespace object, by `import * as units`.
 * @param origins Where each service was defined, where the stack cannot tell.
 * @returns The graph, or everything that keeps it from being one.
 */
export function resolve(
  exports: Readonly<Record<string, unknown>>,
  origins: Readonly<Record<string, string>> = {},
): Resolution {
  const draft: Draft = { names: new Map(), services: new Map(), diagnostics: [], origins };
  nameServices(exports, draft);
  const edges = new Map<string, Edges>();
  for (const [name, service] of draft.services) edges.set(name, edgesOf(name, service, draft));
  const system = systemOf(exports, draft);
  for (const cycle of cyclesIn(edges)) cycleFound(cycle, draft);
  if (draft.diagnostics.length > 0 || system === null) return { graph: null, diagnostics: draft.diagnostics };

  const nodes = link(topological(edges), edges, draft);
  const ids = new Map(nodes.map((node) => [node.name, node.id]));
  const idsOf = (services: readonly Service[]) =>
    [...new Set(services)].map((service) => ids.get(draft.names.get(service)!)!).sort((a, b) => a - b);
  const { boot, watchdog, control, hardwareWatchdog = null, essential = [] } = settingsOf(system);
  const bundles = new Map<string, readonly ServiceId[]>();
  for (const [identifier, value] of Object.entries(exports)) {
    if (isBundle(value)) bundles.set(serviceName(identifier), idsOf(membersOf(value)));
  }
  if (!Object.values(exports).includes(boot)) bundles.set("default", idsOf(membersOf(boot)));
  const judge: BootWatchdog | null = watchdog === undefined ? null : {
    success: idsOf(watchdog.success),
    deadline: watchdog.deadline,
    statusFile: (generation: string) =>
      typeof watchdog.statusFile === "string" ? watchdog.statusFile : watchdog.statusFile(generation),
    onFailure: watchdog.onFailure ?? "reboot",
  };
  const everybodyReads = control?.read === "everybody";
  const started = idsOf(membersOf(boot));
  const judges = { watchdog: judge, hardwareWatchdog, essential: idsOf(essential) };
  const graph = { nodes, ids, bundles, boot: started, ...judges, everybodyReads, origins };
  return { graph, diagnostics: [] };
}

function edgesOf(name: string, service: Service, draft: Draft): Edges {
  const found: [string, Edge["kind"], string][] = [];
  const keys = new Map<string, string>();
  for (const [key, value] of Object.entries(service[definition].deps)) {
    const setting = `deps.${key}`;
    const kind = wrapperOf(value);
    const target: unknown = kind === null ? value : Reflect.get(value, "service");
    if (!isService(target)) {
      fault(draft, service, setting, {
        cause: `cannot let ${name} depend on ${key}: it is ${describe(target)}, not a service`,
        cure: "pass the service itself; undefined means that two unit files import each other",
      });
      continue;
    }
    const dependency = draft.names.get(target);
    if (dependency === undefined) {
      const origin = originOf(target[definition]);
      fault(draft, service, setting, {
        cause: `cannot let ${name} depend on ${key}: that service is not exported`,
        cure: `export it from the units module${origin === null ? "" : ` (it is defined at ${origin})`}`,
      });
      continue;
    }
    const other = keys.get(dependency);
    if (other !== undefined) {
      fault(draft, service, setting, {
        cause: `cannot let ${name} depend on ${dependency} twice: it is deps.${other} already`,
        cure: "keep one of the two names",
      });
      continue;
    }
    keys.set(dependency, key);
    found.push([dependency, kind ?? "need", key]);
  }
  const consumer = consumerOf(service[definition].log);
  const reader = consumer === null ? undefined : draft.names.get(consumer);
  if (reader !== undefined) {
    // It is started too, and first; but its loss is no reason to stop, as the pipe keeps what is printed.
    if (!keys.has(reader)) found.push([reader, "optional", "log.to"]);
  } else if (consumer !== null) {
    fault(draft, service, "log.to", {
      cause: `cannot let ${name} print into ${describe(consumer)}: it is not an exported service`,
      cure: "export it from the units module",
    });
  }
  return found;
}

/** The kind of a wrapped dependency, or null for anything else. */
function wrapperOf(value: Deps[string]): Exclude<DependencyKind, "need"> | null {
  return typeof value === "object" && value !== null && "dependency" in value ? value.dependency : null;
}

function systemOf(exports: Readonly<Record<string, unknown>>, draft: Draft): System | null {
  const system = exports["default"];
  const bundles = new Map<Bundle, string>();
  for (const [identifier, value] of Object.entries(exports)) {
    if (isBundle(value)) bundles.set(value, identifier);
  }
  const booted = isSystem(system) ? settingsOf(system).boot : null;
  if (isBundle(booted) && !bundles.has(booted)) bundles.set(booted, "boot");
  checkContents(bundles, draft);
  if (!isSystem(system)) {
    if (!isService(system) && !isBundle(system)) {
      fault(draft, null, "default", {
        cause: "cannot tell what to boot: the units module has no system as its default export",
        cure: "add: export default defineSystem({ boot: defineBundle([...]) });",
      });
    }
    return null;
  }
  const { boot, watchdog, essential } = settingsOf(system);
  if (!isBundle(boot)) {
    fault(draft, null, "boot", {
      cause: `cannot boot ${describe(boot)}: it is not a bundle`,
      cure: "give defineBundle([...])",
    });
    return null;
  }
  for (const service of watchdog?.success ?? []) checkMember(service, "watchdog.success", draft);
  for (const service of essential ?? []) checkMember(service, "essential", draft);
  return system;
}

function link(
  order: readonly string[],
  edges: ReadonlyMap<string, Edges>,
  draft: Draft,
): readonly Node[] {
  const ids = new Map(order.map((name, id) => [name, id]));
  const dependents: Edge[][] = order.map(() => []);
  return order.map((name, id) => {
    const dependencies = edges.get(name)!.map(([dependency, kind, key]) => {
      const to = ids.get(dependency)!;
      dependents[to]!.push({ id, kind, key });
      return { id: to, kind, key };
    });
    const lowered = draft.services.get(name)![definition];
    const consumer = consumerOf(lowered.log);
    return {
      id,
      name,
      kind: lowered.kind,
      policy: settlePolicy(lowered),
      definition: lowered,
      consumer: consumer === null ? undefined : ids.get(draft.names.get(consumer)!),
      dependencies,
      dependents: dependents[id]!,
    };
  });
}

function cycleFound(cycle: readonly string[], draft: Draft): void {
  fault(draft, draft.services.get(cycle[0]!)!, "deps", {
    cause: `cannot order ${cycle.join(" -> ")}: each depends on the next, so none could ever start`,
    cure: "take one of these dependencies away",
  });
}
