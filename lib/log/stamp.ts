import type { LogPolicy } from "../define/log.ts";

/** A point in time by the clock of the machine, CLOCK_REALTIME. */
export interface Instant {
  /** Whole seconds since 1970-01-01T00:00:00Z. */
  readonly seconds: number;
  /** Nanoseconds since then, 0 to 999,999,999. */
  readonly nanos: number;
}

/** Seconds by which TAI is ahead of UTC: 37 since 2017, and no further leap second has been announced. */
const TAI_AHEAD = 37;
/** The label of 1970 in TAI64 is 2^62; this is its upper half. */
const TAI_EPOCH = 0x4000_0000;

const encoder = new TextEncoder();
const NOTHING = new Uint8Array();
const ZERO = 0x30;

/** What lines begin with, a space included. */
export interface Stamp {
  /** The same array each time, to be used before the next call. */
  at(instant: Instant): Uint8Array;
}

/** Makes the stamp of a kind. The part that holds for a whole second is made once in that second. */
export function stampOf(kind: LogPolicy["stamp"]): Stamp {
  switch (kind) {
    case "iso":
      return new Iso();
    case "tai64n":
      return { at: ({ seconds, nanos }) => encoder.encode(`@${tai64(seconds)}${hex(nanos)} `) };
    case "none":
      return { at: () => NOTHING };
  }
}

/** `2026-11-26T08:00:00.123456789Z `, ISO 8601. */
class Iso implements Stamp {
  readonly #label = encoder.encode("2026-11-26T08:00:00.123456789Z ");
  #seconds = NaN;

  at({ seconds, nanos }: Instant): Uint8Array {
    if (seconds !== this.#seconds) {
      this.#seconds = seconds;
      encoder.encodeInto(new Date(seconds * 1000).toISOString().slice(0, 20), this.#label);
    }
    let rest = nanos;
    for (let at = 28; at >= 20; at--) {
      this.#label[at] = ZERO + rest % 10;
      rest = Math.trunc(rest / 10);
    }
    return this.#label;
  }
}

/** The external TAI64 format of a time: 16 hexadecimal digits. */
function tai64(seconds: number): string {
  const tai = seconds + TAI_AHEAD;
  return hex(TAI_EPOCH + Math.floor(tai / 2 ** 32)) + hex(tai % 2 ** 32);
}

function hex(number: number): string {
  return number.toString(16).padStart(8, "0");
}

/** The time as JavaScript tells it, to the millisecond: where nobody has a better one. */
export function coarseClock(): Instant {
  const now = Date.now();
  return { seconds: Math.floor(now / 1000), nanos: (now % 1000) * 1_000_000 };
}
