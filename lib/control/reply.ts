/** What a client gets. PID 1 does not load it. */
import type { Json } from "../define/json.ts";
import type { Final } from "./fault.ts";

export type { Cause, Fault, FaultCode, Final } from "./fault.ts";

/**
 * A line from the server. Any number of interim lines may come before the final one; `events` and `logs` with
 * `follow` have no final one. `seq` numbers the entries of the journal as its lines, from 0 on.
 */
export type Reply =
  | Final
  | {
    readonly v: 1;
    readonly id: number;
    readonly progress: { readonly awaited: readonly string[]; readonly text: string };
  }
  | {
    readonly v: 1;
    readonly id: number;
    readonly event: Readonly<Record<string, Json>> & { readonly seq: number };
  }
  | {
    readonly v: 1;
    readonly id: number;
    readonly output: { readonly service: string; readonly text: string };
  }
  | {
    readonly v: 1;
    readonly id: number;
    readonly lost: { readonly what: "events" | "output"; readonly count: number };
  };
