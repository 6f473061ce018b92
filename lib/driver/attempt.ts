import type { Json, Parser } from "../define/json.ts";
import type { Millis } from "../define/time.ts";
import type { ServiceId } from "../graph/graph.ts";
import type { ExitStatus, Fd, Pid } from "../os/os.ts";
import { messageOf } from "../define/message_of.ts";

/** The most that a oneshot may yield on its standard output, in bytes. */
const LONGEST_OUTPUT = 1024 * 1024;

/** What the driver keeps of one process of a service while it lives. */
export interface Attempt {
  readonly id: ServiceId;
  readonly attempt: number;
  /** Which of the processes of the attempt it is: the one that the attempt is for, or what goes before or after. */
  stage: "before" | "main" | "after";
  pid: Pid;
  /** The reading end of its log pipe, until nobody can write to it any more. */
  log: Fd | null;
  /** The reading end of the notification pipe, until the process is ready. */
  notification: Fd | null;
  /** Where what the process yields is read and gathered, if it yields anything. */
  yielding: { readonly fd: Fd; readonly output: Output } | null;
  /** State of the readiness reducer; meaningless once `observed` is false. */
  readiness: Json;
  /** Whether its readiness still is to be found out. */
  observed: boolean;
  /** Whether it has closed its notification descriptor without a notification. */
  hungUp: boolean;
  /** When the readiness reducer wants to be asked again. */
  alarm: Millis | null;
  /** How the process ended that this one comes after. */
  ended: ExitStatus | null;
  /** Whether the kernel has killed a process of it for want of memory. */
  outOfMemory: boolean;
  /** Ends the look that a probe is taking. */
  cancelProbe: (() => void) | null;
}

/** An attempt of which nothing is known yet. */
export function emptyAttempt(id: ServiceId, attempt: number): Attempt {
  return {
    id,
    attempt,
    stage: "main",
    pid: 0,
    log: null,
    notification: null,
    yielding: null,
    readiness: null,
    observed: false,
    hungUp: false,
    alarm: null,
    ended: null,
    outOfMemory: false,
    cancelProbe: null,
  };
}

/** Text that a process yields, gathered up to a limit. */
export class Output {
  readonly #decoder = new TextDecoder();
  #text = "";
  #bytes = 0;

  /** Adds what was read. Beyond the limit it is thrown away, so that the process need not wait for anybody. */
  add(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#bytes <= LONGEST_OUTPUT) this.#text += this.#decoder.decode(bytes, { stream: true });
  }

  /** What it all means, or why it means nothing. */
  parse(parser: Parser<unknown>): { readonly output: Json } | { readonly fault: string } {
    if (this.#bytes > LONGEST_OUTPUT) {
      return { fault: `it printed more than ${LONGEST_OUTPUT} bytes as its output` };
    }
    try {
      return { output: parser.parse(this.#text + this.#decoder.decode()) };
    } catch (error) {
      return {
        fault: `its output is not ${parser.expects}: ${messageOf(error)}`,
      };
    }
  }
}
