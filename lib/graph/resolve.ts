import type { After, Milestone, Optional } from "../define/dependency.ts";
import { definition, isService, type Service } from "../define/service.ts";
import { type Bundle, isBundle, isSystem, membersOf, settingsOf, type System } from "../define/system.ts";
import { cyclesIn } from "./cycle.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { BootWatchdog, Edge, Graph, Node, ServiceId } from "./graph.ts";
import { serviceName } from "./name.ts";
import { originOf } from "./origin.ts";
import { settlePolicy } from "./settle_policy.ts";

/** A graph, or why there is none. */
export type Resolution =
  | { readonly graph: Graph; readonly diagnostics: readonly [] }
  | { readonly graph: null; readonly diagnostics: readonly Diagnostic[] };

/** A graph that is still being put together: services by name, edges by object. */
interface Draft {
  readonly names: Map<Service, string>;
  readonly services: Map<string, Service>;
  readonly diagnostics: Diagnostic[];
}

/**
 * Turns the exports of a units module into a graph: names from exports, edges
 * from `deps`, bundles flattened, defaults filled in.
 *
 * @param exports The module's namespace object, by `import * as units`.
 * @param origins Where each service was defined, where the stack cannot tell.
 * @returns The graph, or everything that keeps it from being one.
 */
export function resolve(
  exports: Readonly<Record<string, unknown>>,
  origins: Readonly<Record<string, string>> = {},
): Resolution {
  const draft: Draft = { names: new Map(), services: new Map(), diagnostics: [] };
  nameServices(exports, draft);
  const edges = new Map<string, readonly [string, Edge["kind"], string][]>();
  for (const [name, service] of draft.services) edges.set(name, edgesOf(name, service, draft));
  const system = systemOf(exports, draft);
  for (const cycle of cyclesIn(edges)) draft.diagnostics.push(cycleFound(cycle, draft));
  if (draft.diagnostics.length > 0 || system === null) return { graph: null, diagnostics: draft.diagnostics };

  const nodes = link(topological(edges), edges, draft);
  const ids = new Map(nodes.map((node) => [node.name, node.id]));
  const idsOf = (services: readonly Service[]) =>
    services.map((service) => ids.get(draft.names.get(service)!)!).sort((a, b) => a - b);
  const { boot, watchdog } = settingsOf(system);
  const bundles = new Map<string, readonly ServiceId[]>();
  for (const [identifier, value] of Object.entries(exports)) {
    if (isBundle(value)) bundles.set(serviceName(identifier), idsOf(membersOf(value)));
  }
  if (![...Object.values(exports)].includes(boot)) bundles.set("default", idsOf(membersOf(boot)));
  const judge: BootWatchdog | null = watchdog === undefined ? null : {
    success: idsOf(watchdog.success),
    deadline: watchdog.deadline,
    statusFile: (generation) =>
      typeof watchdog.statusFile === "string" ? watchdog.statusFile : watchdog.statusFile(generation),
    onFailure: watchdog.onFailure ?? "reboot",
  };
  const graph = { nodes, ids, bundles, boot: idsOf(membersOf(boot)), watchdog: judge, origins };
  return { graph, diagnostics: [] };
}

function nameServices(exports: Readonly<Record<string, unknown>>, draft: Draft): void {
  // A module namespace lists its exports in alphabetical order, whatever the order in the file.
  const taken = new Map<string, string>();
  for (const [identifier, value] of Object.entries(exports)) {
    if (!isService(value) && !isBundle(value)) continue;
    const name = identifier === "default" ? "" : serviceName(identifier);
    if (name === "") {
      fault(draft, isService(value) ? value : null, identifier, "a service or bundle cannot be the default export", {
        cure: "export it by name; the default export is defineSystem({ ... })",
      });
      continue;
    }
    const other = taken.get(name);
    if (other !== undefined) {
      fault(draft, isService(value) ? value : null, identifier, `exports ${other} and ${identifier} have one name: ${name}`, {
        cure: "rename one of them",
      });
      continue;
    }
    taken.set(name, identifier);
    if (!isService(value)) continue;
    const first = draft.names.get(value);
    if (first !== undefined) {
      fault(draft, value, identifier, `one service is exported under two names: ${first} and ${name}`, {
        cure: "keep one export; for a second instance, define it again through a function",
      });
      continue;
    }
    draft.names.set(value, name);
    draft.services.set(name, value);
  }
}

function edgesOf(name: string, service: Service, draft: Draft): readonly [string, Edge["kind"], string][] {
  const found: [string, Edge["kind"], string][] = [];
  for (const [key, value] of Object.entries(service[definition].deps)) {
    const wrapped = typeof value === "object" && value !== null && "dependency" in value;
    const target: unknown = wrapped ? (value as Optional | Milestone | After).service : value;
    if (!isService(target)) {
      fault(draft, service, `deps.${key}`, `${name} depends on ${key}, which is ${describe(target)}, not a service`, {
        cure: "pass the service itself; undefined means that two unit files import each other",
      });
      continue;
    }
    const dependency = draft.names.get(target);
    if (dependency === undefined) {
      const origin = originOf(target[definition]);
      fault(draft, service, `deps.${key}`, `${name} depends on ${key}, which is not exported`, {
        cure: `export it from the units module${origin === null ? "" : ` (it is defined at ${origin})`}`,
      });
      continue;
    }
    found.push([dependency, wrapped ? (value as Optional | Milestone | After).dependency : "need", key]);
  }
  return found;
}

function systemOf(exports: Readonly<Record<string, unknown>>, draft: Draft): System | null {
  const system = exports["default"];
  if (!isSystem(system)) {
    fault(draft, null, "default", "the units module has no system as its default export", {
      cure: "add: export default defineSystem({ boot: defineBundle([...]) });",
    });
    return null;
  }
  const { boot, watchdog } = settingsOf(system);
  const bundles: [string, Bundle][] = [["boot", boot]];
  for (const [identifier, value] of Object.entries(exports)) if (isBundle(value)) bundles.push([identifier, value]);
  for (const [setting, bundle] of bundles) {
    for (const member of membersOf(bundle)) unexported(member, setting, draft);
  }
  for (const service of watchdog?.success ?? []) unexported(service, "watchdog.success", draft);
  return system;
}

function unexported(service: Service, setting: string, draft: Draft): void {
  if (draft.names.has(service)) return;
  fault(draft, service, setting, `${setting} holds a service that is not exported`, {
    cure: "export it from the units module: its export gives it its name",
  });
}

/** Dependencies first; among equals by name, so that the same units always give the same ids. */
function topological(edges: ReadonlyMap<string, readonly (readonly [string, ...unknown[]])[]>): readonly string[] {
  const order: string[] = [];
  const placed = new Set<string>();
  // An explicit stack: a chain of thousands of services is deeper than the call stack may be.
  for (const root of [...edges.keys()].sort()) {
    const stack: [name: string, next: number][] = [[root, 0]];
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const [name, next] = top;
      const dependency = placed.has(name) ? undefined : edges.get(name)![next]?.[0];
      if (dependency !== undefined) {
        top[1]++;
        if (!placed.has(dependency)) stack.push([dependency, 0]);
        continue;
      }
      stack.pop();
      if (placed.has(name)) continue;
      placed.add(name);
      order.push(name);
    }
  }
  return order;
}

function link(
  order: readonly string[],
  edges: ReadonlyMap<string, readonly (readonly [string, Edge["kind"], string])[]>,
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
    return {
      id,
      name,
      kind: lowered.kind,
      policy: settlePolicy(lowered),
      definition: lowered,
      dependencies,
      dependents: dependents[id]!,
    };
  });
}

function cycleFound(cycle: readonly string[], draft: Draft): Diagnostic {
  const first = draft.services.get(cycle[0]!)!;
  return {
    service: cycle[0]!,
    origin: originOf(first[definition]),
    setting: "deps",
    cause: `dependency cycle: ${cycle.join(" -> ")}`,
    cure: "take one of these dependencies away; none of these services could ever start",
  };
}

function fault(draft: Draft, service: Service | null, setting: string, cause: string, { cure }: { cure: string }): void {
  draft.diagnostics.push({
    service: service === null ? null : draft.names.get(service) ?? null,
    origin: service === null ? null : originOf(service[definition]),
    setting,
    cause,
    cure,
  });
}

function describe(value: unknown): string {
  return value === undefined ? "undefined" : typeof value === "string" ? `the string "${value}"` : `a ${typeof value}`;
}
