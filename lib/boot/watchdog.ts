import type { Millis } from "../define/time.ts";
import { type BootWatchdog, type Graph, nodeOf, type ServiceId } from "../graph/graph.ts";
import type { GenerationStatus } from "./status_file.ts";
import { messageOf } from "../define/message_of.ts";

/** What the judge needs of the world. */
export interface Court {
  /** Writes the status file; `reason` says why it has failed. */
  readonly write: (path: string, status: GenerationStatus, reason: string) => Promise<void>;
  /** Finds the generation to go to after this one has failed: null if there is none, undefined if nobody knows. */
  readonly other?: (path: string) => Promise<string | null | undefined>;
  /** Notes that this boot ends on purpose, and needs no verdict. */
  readonly forgive?: (path: string) => Promise<void>;
  /**
   * Told of the verdict once it is on the disk, or, for `failed`, once that was tried; then also of the generation to
   * go to.
   */
  readonly onVerdict: (
    verdict: GenerationStatus,
    awaited: readonly string[],
    other: string | null | undefined,
  ) => void;
  /** Told, once, that the status file cannot be written. */
  readonly onFault: (fault: string) => void;
}

/** How long after a status file could not be written it is tried again. */
const RETRY: Millis = 5000;

/**
 * Judges the boot. It stands beside the graph, armed before the first service
 * starts, so that no service can keep it from judging.
 */
export class BootJudge {
  readonly #graph: Graph;
  readonly #watchdog: BootWatchdog | null;
  readonly #statusFile: string;
  readonly #court: Court;
  readonly #awaited: Set<ServiceId>;
  #due: Millis | null;
  #verdict: GenerationStatus | null = null;
  #faultTold = false;
  #delivered = false;

  /** @param armedAt When init started: the deadline counts from there. */
  constructor(graph: Graph, generation: string, armedAt: Millis, court: Court) {
    this.#graph = graph;
    this.#watchdog = graph.watchdog;
    this.#statusFile = graph.watchdog?.statusFile(generation) ?? "";
    this.#court = court;
    this.#awaited = new Set(graph.watchdog?.success);
    this.#due = graph.watchdog === null ? null : armedAt + graph.watchdog.deadline;
  }

  /** The verdict, or null while there is none. */
  get verdict(): GenerationStatus | null {
    return this.#verdict;
  }

  /** Whether nothing is left for it to do: the verdict is on the disk, or there is nothing to judge. */
  get isThrough(): boolean {
    return this.#watchdog === null || this.#delivered;
  }

  /** When it wants to be rung: at the deadline, or to write its verdict again. */
  due(): Millis | null {
    return this.#due;
  }

  /** Notes that a service has become ready. */
  noteUp(id: ServiceId, now: Millis): void {
    if (!this.#awaited.delete(id) || this.#awaited.size > 0 || this.#verdict !== null) return;
    this.#verdict = "ok";
    this.#write(now);
  }

  /** The time has come. */
  ring(now: Millis): void {
    this.#verdict ??= "failed";
    this.#write(now);
  }

  /** The boot ends before its time: it has failed, unless it was judged or disarmed before. */
  condemn(now: Millis): void {
    if (this.#due !== null && this.#verdict === null) this.ring(now);
  }

  /** Forgets the deadline: whoever shuts down on purpose has not failed. */
  disarm(): void {
    if (this.#verdict !== null || this.#due === null) return;
    this.#due = null;
    // It is a kindness: without it one boot more counts as one that has ended badly.
    this.#court.forgive?.(this.#statusFile).catch(() => {});
  }

  #write(now: Millis): void {
    const verdict = this.#verdict!;
    this.#due = null;
    const awaited = [...this.#awaited].map((id) => nodeOf(this.#graph, id).name);
    const deliver = async () => {
      const other = verdict === "ok"
        ? undefined
        : await this.#court.other?.(this.#statusFile).catch(() => undefined);
      this.#delivered = true;
      this.#court.onVerdict(verdict, awaited, other);
    };
    const reason = verdict === "ok" ? "" : `not ready: ${awaited.join(", ")}`;
    this.#court.write(this.#statusFile, verdict, reason).then(
      deliver,
      (error) => {
        if (!this.#faultTold) {
          this.#court.onFault(`cannot write ${verdict} to ${this.#statusFile}: ${messageOf(error)}`);
        }
        this.#faultTold = true;
        // A failed generation ends with this boot, written down or not; a good one can wait for its disk.
        if (verdict === "failed") return deliver();
        this.#due = now + RETRY;
      },
    );
  }
}
