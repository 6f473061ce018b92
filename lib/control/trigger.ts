import { describeFailure } from "../driver/mod.ts";
import { nodeOf, type ServiceId } from "../graph/graph.ts";
import { type Fault, fault } from "./fault.ts";
import type { Goal } from "./goal.ts";
import { describeStanding, serviceOf, type View } from "./words.ts";

/** Why a service cannot be triggered now; null if it can. */
export function obstacleToTrigger(view: View, id: ServiceId): Fault | null {
  const { name, policy } = nodeOf(view.graph, id);
  const { phase } = serviceOf(view, id);
  const refuse = (why: string, cure: string) => fault("refused", `cannot trigger ${name}: ${why}`, cure);
  if (!policy.triggered) {
    return refuse(
      "it waits for no time and no connection",
      `it runs as long as it is up; try initctl restart ${name}`,
    );
  }
  if (phase.phase === "up" && phase.pid === null) return null;
  const running = phase.phase === "starting" || phase.phase === "up";
  if (running) return refuse("it runs already", `initctl wait ${name}`);
  return refuse(`it ${describeStanding(view, id)}`, `see initctl why ${name}`);
}

/** A service whose process is to have run: to its end, or, if it is one that stays, until it is ready. */
export function triggerGoal(before: View, id: ServiceId): Goal {
  const { attempt } = serviceOf(before, id);
  return {
    look(view) {
      const { graph, state } = view;
      const { name, kind } = nodeOf(graph, id);
      const service = state.services[id]!;
      const { phase, lastFailure } = service;
      if (service.attempt === attempt && phase.phase === "up" || phase.phase === "starting") {
        return { type: "waiting", on: [id] };
      }
      const failed = lastFailure !== null && lastFailure.at >= before.now;
      if (!failed && phase.phase === "up") {
        return { type: "reached", result: kind === "oneshot" ? { done: [name] } : { up: [name] } };
      }
      const why = failed
        ? describeFailure(graph, id, lastFailure.failure)
        : `it ${describeStanding(view, id)}`;
      const message = `cannot trigger ${name}: ${why}`;
      return { type: "failed", fault: fault("failed", message, `see initctl logs ${name}`) };
    },
  };
}
