import fc from "fast-check";
import { narrate, type VirtualWorld } from "../conformance/virtual_world.ts";
import { type Plan, plans, type Wildness, worldFor } from "./plan.ts";

/**
 * Plays many plans. The seed is a new one each time unless the environment
 * variable DENIT_SEED names it; a failure prints seed, path, the smallest plan
 * that fails and what happened in it, step by step.
 */
export function forAllPlans(
  runs: number,
  wildness: Wildness,
  check: (world: VirtualWorld, plan: Plan) => void,
): void {
  const property = fc.property(plans(wildness), (plan) => {
    const world = worldFor(plan);
    try {
      check(world, plan);
    } catch (error) {
      const reason = error instanceof Error ? error.stack ?? error.message : String(error);
      throw new Error(`${reason}\n${describe(world)}\n${narrate(world)}`);
    }
  });
  const { seed, runs: factor } = settings();
  fc.assert(property, { numRuns: Math.ceil(runs * factor), ...(seed === null ? {} : { seed }) });
}

/** What the environment asks for: DENIT_SEED, and DENIT_RUNS as a factor on the number of runs. */
export function settings(): { readonly seed: number | null; readonly runs: number } {
  const seed = Deno.env.get("DENIT_SEED");
  return { seed: seed === undefined ? null : Number(seed), runs: Number(Deno.env.get("DENIT_RUNS") ?? 1) };
}

function describe(world: VirtualWorld): string {
  return world.graph.nodes.map(({ id, kind, policy, dependencies }) => {
    const edges = dependencies.map((edge) => `${edge.kind} ${edge.id}`).join(", ");
    return `service ${id}: ${kind} [${edges}] ${JSON.stringify(policy)}`;
  }).join("\n");
}
