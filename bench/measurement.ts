import type { Workshop } from "./workshop.ts";

/** How to measure. */
export interface Settings {
  /** How often each thing is done. */
  readonly runs: number;
  /** How many services a system has. */
  readonly services: number;
  /** The SCHED_FIFO priority of all that is measured as a process; 0 for the usual scheduling. */
  readonly priority: number;
  readonly workshop: Workshop;
}

/** What one contestant, or one size, has taken. */
export interface Row {
  readonly name: string;
  readonly unit: "ms" | "µs" | "MB";
  readonly samples: readonly number[];
}

/** A table. */
export interface Result {
  readonly title: string;
  /** Whether each row is to be compared with the first one. */
  readonly compared: boolean;
  readonly rows: readonly Row[];
  /** What the reader has to know, such as who is missing. */
  readonly notes: readonly string[];
}

/** Something that can be measured. */
export interface Measurement {
  /** What `--only` takes. */
  readonly name: string;
  readonly about: string;
  readonly measure: (settings: Settings) => Promise<readonly Result[]>;
}
