import type { LogPolicy } from "../define/log.ts";
import type { Millis } from "../define/time.ts";
import { LineRate } from "./line_rate.ts";
import { LineStamper } from "./line_stamper.ts";
import { LogFile, logPath } from "./log_file.ts";
import type { LogsSettings } from "./logs.ts";
import { patiently } from "./patiently.ts";
import type { Room, Rooms } from "./room.ts";
import { coarseClock, type Instant, type Stamp, stampOf } from "./stamp.ts";
import { messageOf } from "../define/message_of.ts";

/** How much of a service's last output is kept at hand for `why`. */
const TAIL = 2048;
/** A log that is so many bytes behind takes no more: the pipe fills, and its service waits. */
const FULL = 128 * 1024;
/** Where a hung disk takes nothing at all, what dead processes have left in the pipe is kept up to so many bytes. */
const LARGEST_BACKLOG = 4 * 1024 * 1024;
/** How long a disk that hangs may keep back that a process has ended, and the end of everything. */
const EXIT_PATIENCE: Millis = 2000, CLOSE_PATIENCE: Millis = 5000;
/** How long the same fault of one log is not told again. */
const SILENCE: Millis = 60_000;

const NEWLINE = 0x0a;
const encoder = new TextEncoder();

/** The log of one service: while a {@linkcode Room} of lines is being written, the next one fills. */
export class ServiceLog {
  readonly #service: string;
  readonly #settings: LogsSettings;
  readonly #rooms: Rooms;
  readonly #policy: LogPolicy;
  readonly #clock: () => Instant;
  readonly #stamp: Stamp;
  readonly #stamper: LineStamper;
  readonly #rate: LineRate | null;
  readonly #file: LogFile | null;
  #tail = new Uint8Array();
  /** What is to be written next; null if there is nothing. */
  #filling: Room | null = null;
  /** What is being written. */
  #underWay: Room | null = null;
  #writing: Promise<void> | null = null;
  /** Settled when there is room again; null while there is. */
  #relief: PromiseWithResolvers<void> | null = null;
  readonly #told = new Map<string, Millis>();

  constructor(service: string, settings: LogsSettings, rooms: Rooms) {
    const policy = settings.policyOf(service);
    this.#service = service;
    this.#settings = settings;
    this.#rooms = rooms;
    this.#policy = policy;
    this.#clock = settings.clock ?? coarseClock;
    this.#stamp = stampOf(policy.to === "file" ? policy.stamp : "none");
    this.#stamper = new LineStamper(policy.lineLimit);
    this.#rate = policy.rateLimit === null ? null : new LineRate(policy.rateLimit);
    this.#file = policy.to !== "file" ? null : new LogFile({
      path: logPath(settings.folder, service),
      policy,
      now: settings.now ?? Date.now,
      label: () => this.#stamp.at(this.#clock()),
      complain: (action, error) => this.#complain(action, error),
    });
  }

  /** As `Logs.write`. */
  write(bytes: Uint8Array): Promise<void> | void {
    this.#tail = lastBytes(this.#tail, bytes);
    if (this.#policy.to === "none") return;
    const now = this.#clock();
    this.#tellDropped(now.seconds);
    const relief = this.#add(this.#rate?.pass(bytes, now.seconds) ?? bytes, now);
    if (relief instanceof Promise) return relief;
    if (this.#filling === null || this.#filling.used < FULL) return;
    this.#relief ??= Promise.withResolvers();
    return this.#relief.promise;
  }

  /** As `Logs.settle`. */
  settle(): Promise<void> | void {
    this.#rate?.endLine();
    if (this.#stamper.midLine) this.#add(encoder.encode("\n"), this.#clock());
    // Others may go on printing for ever: only what is there now is waited for.
    const last = this.#filling ?? this.#underWay;
    if (last === null || this.#writing === null) return;
    last.arrival ??= Promise.withResolvers();
    return this.#await(last.arrival.promise, EXIT_PATIENCE);
  }

  /** As `Logs.tail`. */
  lastLines(): readonly string[] {
    const lines = new TextDecoder().decode(this.#tail).split("\n").filter((line) => line !== "");
    // Where there was more, the first of them need not be whole.
    return this.#tail.length < TAIL ? lines : lines.slice(1);
  }

  /** Waits until everything has arrived. */
  async close(): Promise<void> {
    this.#tellDropped(Infinity);
    this.settle();
    const end = async () => {
      await this.#writing;
      await this.#file?.close();
    };
    await this.#await(end(), CLOSE_PATIENCE);
  }

  async #await(work: Promise<void>, patience: Millis): Promise<void> {
    if (!await patiently(work, patience)) {
      this.#complain("wait longer for", new Error("its last lines may be missing"));
    }
  }

  #add(bytes: Uint8Array, now: Instant): Promise<void> | void {
    if (bytes.length === 0) return;
    if (this.#filling !== null && this.#filling.used > LARGEST_BACKLOG) {
      return this.#complain("keep all of", new Error("what it is written to takes nothing"));
    }
    this.#filling ??= this.#rooms.take();
    this.#stamper.stamp(bytes, this.#stamp.at(now), this.#filling);
    if (this.#file === null) return this.#show(this.#filling);
    this.#writing ??= this.#work(this.#file);
  }

  async #work(file: LogFile): Promise<void> {
    for (let room = this.#filling; room !== null; room = this.#filling) {
      this.#filling = null;
      this.#relief?.resolve();
      this.#relief = null;
      this.#underWay = room;
      await file.append(room.contents);
      this.#underWay = null;
      room.arrival?.resolve();
      room.arrival = null;
      this.#rooms.giveBack(room);
    }
    this.#writing = null;
  }

  /** Shows the whole lines; what is left waits for its end. */
  #show(room: Room): Promise<void> | void {
    let relief: Promise<void> | void = undefined;
    const { contents } = room;
    const end = contents.lastIndexOf(NEWLINE) + 1;
    if (end === 0) return;
    const lines = new TextDecoder().decode(contents.subarray(0, end - 1)).split("\n");
    for (const line of lines) relief = this.#settings.print?.(this.#service, line);
    this.#filling = null;
    if (end < room.used) (this.#filling = this.#rooms.take()).add(contents.subarray(end));
    this.#rooms.giveBack(room);
    return relief;
  }

  #tellDropped(second: number): void {
    const dropped = this.#rate?.takeDropped(second) ?? 0;
    if (dropped === 0) return;
    const text =
      `denit: ${dropped} lines were dropped, as there were more than ${this.#policy.rateLimit} in a second`;
    this.#add(encoder.encode(`${text}\n`), this.#clock());
  }

  /** A flood into a full disk must not become a flood of complaints. */
  #complain(action: string, error: unknown): void {
    const fault = `cannot ${action} the log of ${this.#service}: ${messageOf(error)}`;
    const now = performance.now();
    if (now < (this.#told.get(fault) ?? -Infinity) + SILENCE) return;
    this.#told.set(fault, now);
    this.#settings.report(fault);
  }
}

function lastBytes(before: Uint8Array, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  if (bytes.length >= TAIL) return bytes.slice(-TAIL);
  const kept = before.subarray(Math.max(0, before.length + bytes.length - TAIL));
  const joined = new Uint8Array(kept.length + bytes.length);
  joined.set(kept);
  joined.set(bytes, kept.length);
  return joined;
}
