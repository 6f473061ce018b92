import type { Json } from "../define/json.ts";
import type { Millis } from "../define/time.ts";
import type { ServiceId } from "../graph/graph.ts";
import type { Failure, Inputs, Phase, Power, Status, Why } from "./state.ts";

/** Something that happened, in the past tense or as a wish. Everything the supervisor does begins with one. */
export type Event =
  /** Somebody wants a service up, and what it needs. */
  | { readonly type: "start"; readonly id: ServiceId }
  /** Somebody wants it down, and what needs it. */
  | { readonly type: "stop"; readonly id: ServiceId }
  /** Nobody asks for it any more; it goes down unless something else needs it. */
  | { readonly type: "release"; readonly id: ServiceId }
  /** Down and up again, and so what needs it. */
  | { readonly type: "restart"; readonly id: ServiceId }
  | { readonly type: "pin"; readonly id: ServiceId; readonly pinned: "up" | "down" | null }
  /** What the process of a service waits for has come; one that runs already is enough. */
  | { readonly type: "triggered"; readonly id: ServiceId }
  /** Everything down; a second one hurries. */
  | { readonly type: "shutdown"; readonly power: Power }
  | { readonly type: "spawned"; readonly id: ServiceId; readonly attempt: number; readonly pid: number }
  /** What prepares the start runs; `spawned` follows, or the end of the attempt. */
  | { readonly type: "beforeSpawned"; readonly id: ServiceId; readonly attempt: number; readonly pid: number }
  /** The process itself has ended; one that cleans up after it runs, and the attempt is over when that ends. */
  | {
    readonly type: "afterSpawned";
    readonly id: ServiceId;
    readonly attempt: number;
    readonly pid: number;
    readonly status: Status;
  }
  /** It cannot go on although its process runs. */
  | { readonly type: "failed"; readonly id: ServiceId; readonly attempt: number; readonly failure: Failure }
  | {
    readonly type: "spawnFailed";
    readonly id: ServiceId;
    readonly attempt: number;
    readonly failure: Failure;
  }
  | { readonly type: "ready"; readonly id: ServiceId; readonly attempt: number; readonly output: Json }
  | {
    readonly type: "readyFailed";
    readonly id: ServiceId;
    readonly attempt: number;
    readonly detail: string;
  }
  /** The process wants more time for its start, or for its stop: until then, as far as the policy lets it have that. */
  | { readonly type: "extended"; readonly id: ServiceId; readonly attempt: number; readonly until: Millis }
  /** The service's process is another one from now on: that one's end will be reported as this attempt's. */
  | { readonly type: "moved"; readonly id: ServiceId; readonly attempt: number; readonly pid: number }
  | {
    readonly type: "exited";
    readonly id: ServiceId;
    readonly attempt: number;
    readonly status: Status;
    /** What a oneshot that ended well has yielded. */
    readonly output?: Json;
    /** Why what it yielded cannot be used. */
    readonly fault?: string;
    /** The kernel has killed a process of it as there was no memory left for it. */
    readonly oom?: true;
    /** It was not the process itself that ended, but what was to prepare its start. */
    readonly stage?: "before";
    /** What went wrong with what ran after it. */
    readonly after?: Failure;
  }
  /** Time has passed. */
  | { readonly type: "tick" };

/** Something to be done, in the imperative. */
export type Action =
  | { readonly type: "spawn"; readonly id: ServiceId; readonly attempt: number; readonly inputs: Inputs }
  /** Begin to wait for what triggers the process of a service; `ready` follows, or `spawnFailed`. */
  | { readonly type: "arm"; readonly id: ServiceId; readonly attempt: number }
  | {
    readonly type: "undo";
    readonly id: ServiceId;
    readonly attempt: number;
    readonly inputs: Inputs;
    readonly output: Json;
  }
  | {
    readonly type: "signal";
    readonly id: ServiceId;
    readonly attempt: number;
    readonly pid: number;
    readonly signal: string;
  }
  /** Tell whoever watches that a service has entered a phase. */
  | { readonly type: "notify"; readonly id: ServiceId; readonly phase: Phase; readonly why: Why | null }
  /** Everything is down: end the machine, or the supervisor. */
  | { readonly type: "power"; readonly power: Power };
