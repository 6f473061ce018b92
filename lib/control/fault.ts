import type { Json } from "../define/json.ts";

/**
 * What went wrong with a request. `failed`, `refused`, `timeout` and `ending` are about the system, the others about
 * the request.
 */
export const faultCodes = [
  "malformed",
  "too-long",
  "version",
  "unknown",
  "forbidden",
  "refused",
  "failed",
  "timeout",
  "busy",
  "ending",
] as const;

/** One of {@linkcode faultCodes}. */
export type FaultCode = (typeof faultCodes)[number];

/** One link of the chain from a service that is not up to the first cause. */
export type Cause = {
  readonly service: string;
  readonly phase: string;
  /** In words: what it waits for, or how it failed. */
  readonly text: string;
  /** The reason as data: exit code or signal, stage, errno. */
  readonly why: Json;
  /** The last lines that it has printed; of the first cause only. */
  readonly logs: readonly string[];
};

/** Why a request was not carried out, and what to do. */
export interface Fault {
  readonly code: FaultCode;
  readonly message: string;
  readonly cure: string;
  /** From the service that was asked for to the first cause. */
  readonly chain?: readonly Cause[];
  /** Services that stand otherwise than they should, in words, by name. */
  readonly differs?: Readonly<Record<string, string>>;
}

/** A fault of which there is no more to say. */
export function fault(code: FaultCode, message: string, cure: string): Fault {
  return { code, message, cure };
}

/** The line that ends a request for good. */
export type Final =
  | { readonly v: 1; readonly id: number; readonly result: Json }
  | { readonly v: 1; readonly id: number | null; readonly error: Fault };
