import { type BuildInfo, buildInfo } from "../boot/build_info.ts";
import { type LogPolicy, settleLog } from "../define/log.ts";
import { readyLabel } from "../define/service.ts";
import type { OnFailure } from "../define/system.ts";
import {
  closure,
  type Graph,
  longest,
  type Node,
  nodeOf,
  type ServiceId,
  shutdownBound,
  startBounds,
  waves,
} from "../graph/mod.ts";

/** Where a service prints: into files of its own, onto the console, nowhere, or into another service, past init. */
export type LogDescription =
  | (LogPolicy & { readonly to: "file" })
  | (Pick<LogPolicy, "lineLimit" | "rateLimit"> & { readonly to: "console" })
  | { readonly to: "none" }
  | { readonly to: "service"; readonly service: string };

/** A service, as the manifest has it. Times are milliseconds. */
export interface ServiceDescription {
  readonly name: string;
  readonly kind: "longrun" | "oneshot";
  readonly description: string;
  /** Which wave of the boot starts it, from 0; null if the boot does not. */
  readonly wave: number | null;
  /** What it depends on, by name, weaker kinds of dependency marked. */
  readonly needs: readonly {
    readonly name: string;
    readonly kind: "need" | "optional" | "milestone" | "after";
  }[];
  /** How it tells that it is ready: `notification fd 3`; `exit code 0` or `init itself` for a oneshot. */
  readonly readiness: string;
  readonly log: LogDescription;
  readonly startTimeout: number;
  readonly stopTimeout: number;
  /** Where it is defined, `path:line`; null where that is not known. */
  readonly origin: string | null;
}

/** A system as it describes itself at rest: plain data, the same for the same sources. */
export interface SystemDescription {
  readonly generation: string;
  readonly version: string;
  /** In boot order: whatever a service depends on stands before it. */
  readonly services: readonly ServiceDescription[];
  /** Bundles and their members, by name. */
  readonly bundles: Readonly<Record<string, readonly string[]>>;
  readonly boot: readonly string[];
  /** Who may look by `initctl`; root, and the user that init runs as, always may. */
  readonly control: { readonly read: "owner" | "everybody" };
  readonly watchdog: {
    readonly success: readonly string[];
    readonly deadline: number;
    readonly statusFile: string;
    readonly onFailure: OnFailure;
  } | null;
  /** The longest that boot and shutdown can take if every step takes as long as it may. */
  readonly worstCase: { readonly boot: number; readonly shutdown: number };
}

/**
 * What can be said about a system at rest; `init manifest` prints it, and the
 * build puts it into `manifest.json`.
 *
 * @param graph The system, free of diagnostics.
 * @param info What it was built from.
 */
export function describeSystem(graph: Graph, info: BuildInfo): SystemDescription {
  const names = (ids: readonly ServiceId[]) => ids.map((id) => nodeOf(graph, id).name);
  const boot = closure(graph, graph.boot);
  const waveOf = new Map<ServiceId, number>();
  waves(graph, boot).forEach((wave, index) => wave.forEach((id) => waveOf.set(id, index)));
  const services = graph.nodes.map((node): ServiceDescription => {
    const { id, name, kind, definition, policy, dependencies } = node;
    return {
      name,
      kind,
      description: definition.description,
      wave: waveOf.get(id) ?? null,
      needs: dependencies.map((edge) => ({ name: nodeOf(graph, edge.id).name, kind: edge.kind })),
      readiness: readyLabel(definition),
      log: describeLog(graph, node),
      startTimeout: policy.startTimeout,
      stopTimeout: policy.stopTimeout,
      origin: info.origins[name] ?? null,
    };
  });
  const { watchdog } = graph;
  return {
    generation: info.generation,
    version: info.version,
    services,
    bundles: Object.fromEntries([...graph.bundles].map(([name, members]) => [name, names(members)])),
    boot: names(graph.boot),
    control: { read: graph.everybodyReads ? "everybody" : "owner" },
    watchdog: watchdog === null ? null : {
      success: names(watchdog.success),
      deadline: watchdog.deadline,
      statusFile: watchdog.statusFile(info.generation),
      onFailure: watchdog.onFailure,
    },
    worstCase: {
      boot: longest(startBounds(graph, boot).values())?.total ?? 0,
      shutdown: shutdownBound(graph),
    },
  };
}

function describeLog(graph: Graph, { consumer, definition }: Node): LogDescription {
  if (consumer !== undefined) return { to: "service", service: nodeOf(graph, consumer).name };
  const { to, ...policy } = settleLog(definition.log);
  const { lineLimit, rateLimit } = policy;
  return to === "file" ? { to, ...policy } : to === "console" ? { to, lineLimit, rateLimit } : { to };
}

/** What `init manifest` prints: the running binary's own system, and the version of its runtime. */
export function describeItself(graph: Graph): SystemDescription & { readonly deno: string } {
  return { ...describeSystem(graph, buildInfo()), deno: Deno.version.deno };
}
