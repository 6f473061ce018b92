import { assert } from "@std/assert";

/** The part that tests look at of what `initctl status --json` prints; `docs/control.schema.json` has all of it. */
export interface Status {
  readonly generation: string;
  readonly pid: number;
  readonly boot: { readonly state: string };
  readonly services: readonly {
    readonly name: string;
    readonly phase: string;
    readonly ready: boolean;
    readonly output: unknown;
  }[];
}

/** A status that came out of a machine. */
export function statusOf(value: unknown): Status {
  assert(isStatus(value), `this is no status: ${JSON.stringify(value)}`);
  return value;
}

function isStatus(value: unknown): value is Status {
  return typeof value === "object" && value !== null && "generation" in value && "boot" in value &&
    "services" in value && Array.isArray(value.services);
}
