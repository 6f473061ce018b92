import type { Json } from "../define/json.ts";
import type { Goal } from "./goal.ts";
import type { Fault } from "./fault.ts";

/** What becomes of a request. */
export type Answer =
  | { readonly type: "result"; readonly text: string }
  | { readonly type: "fault"; readonly fault: Fault }
  | { readonly type: "goal"; readonly goal: Goal; readonly noWait: boolean; readonly timeout: number | null }
  | { readonly type: "events"; readonly since: number }
  | { readonly type: "output"; readonly service: string; readonly lines: readonly string[] };

/** How a client waits for an outcome. */
export interface Waiting {
  readonly noWait?: boolean;
  readonly timeout?: number;
}

/** An answer at once. */
export function result(value: Json): Answer {
  return { type: "result", text: JSON.stringify(value) };
}

/** An answer once something has come of it, or at once for whoever does not wait. */
export function changing(goal: Goal, { noWait = false, timeout }: Waiting): Answer {
  return { type: "goal", goal, noWait, timeout: timeout ?? null };
}
