import { defineService, definition } from "../../lib/define/service.ts";
import { spawned } from "../../lib/readiness/spawned.ts";
import type { Edge, Graph, Node, Policy } from "../../lib/graph/graph.ts";

/** A service as the supervisor sees it, without a unit behind it. */
export interface NodePlan {
  readonly kind: Node["kind"];
  readonly policy: Policy;
  /** Whom it depends on: places of earlier services. */
  readonly edges: readonly (readonly [to: number, kind: Edge["kind"]])[];
}

const placeholder = defineService({ run: () => ({ argv: ["/bin/true"] }), ready: spawned() })[definition];

/** A graph made by hand; every edge has to point to an earlier service. */
export function graphOf(plans: readonly NodePlan[]): Graph {
  const dependents: Edge[][] = plans.map(() => []);
  const nodes = plans.map(({ kind, policy, edges }, id): Node => {
    const dependencies = edges.map(([to, edgeKind], index): Edge => {
      const key = `d${index}`;
      dependents[to]!.push({ id, kind: edgeKind, key });
      return { id: to, kind: edgeKind, key };
    });
    return {
      id,
      name: `s${id}`,
      kind,
      policy,
      definition: placeholder,
      dependencies,
      dependents: dependents[id]!,
    };
  });
  const ids = new Map(nodes.map(({ name, id }) => [name, id]));
  return {
    nodes,
    ids,
    bundles: new Map(),
    boot: nodes.map(({ id }) => id),
    watchdog: null,
    hardwareWatchdog: null,
    essential: [],
    everybodyReads: false,
    origins: {},
  };
}
