import fc from "fast-check";
import { isNight } from "../night.ts";
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
  fc.assert(property, howOften(runs));
}

/** By how much there are more runs at night. */
const AT_NIGHT = 50;

/**
 * The settings of a property that is tried so often, as the environment asks for it: DENIT_SEED is the seed, and
 * DENIT_RUNS a factor on the number of runs, which is 1 by day.
 */
export function howOften(runs: number): { readonly numRuns: number; readonly seed?: number } {
  const seed = Deno.env.get("DENIT_SEED");
  const factor = Number(Deno.env.get("DENIT_RUNS") ?? (isNight() ? AT_NIGHT : 1));
  return { numRuns: Math.ceil(runs * factor), ...(seed === undefined ? {} : { seed: Number(seed) }) };
}

function describe(world: VirtualWorld): string {
  return world.graph.nodes.map(({ id, kind, policy, dependencies }) => {
    const edges = dependencies.map((edge) => `${edge.kind} ${edge.id}`).join(", ");
    return `service ${id}: ${kind} [${edges}] ${JSON.stringify(policy)}`;
  }).join("\n");
}
