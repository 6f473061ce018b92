import type { Millis } from "../define/time.ts";
import { type Details, Journal } from "../driver/mod.ts";
import type { Graph } from "../graph/graph.ts";
import type { Console } from "./console.ts";
import { messageOf } from "../define/message_of.ts";

/** The two accounts of what happens: the journal for programs, the console for people. */
export class Account {
  readonly journal: Journal;
  readonly #console: Console;
  readonly #file: Deno.FsFile | null;
  readonly #now: () => Millis;
  #lastFault = "";
  #torn = false;
  #showsAll = false;

  /**
   * @param file The journal's file; null if there is none, and only the console tells.
   * @param entries How many entries the file has already.
   */
  constructor(graph: Graph, shown: Console, file: Deno.FsFile | null, now: () => Millis, entries = 0) {
    this.#console = shown;
    this.#file = file;
    this.#now = now;
    this.journal = new Journal(graph, (lines) => this.#append(lines), entries);
  }

  /** From now on the console shows every entry of the journal, too. */
  showAll(): void {
    this.#showsAll = true;
  }

  /** Shows a line on the console. */
  say(text: string, now: Millis = this.#now()): void {
    this.#console.line(now, text);
  }

  /** Notes something in the journal, and shows it in words. */
  tell(event: string, details: Details, words: string): void {
    const now = this.#now();
    this.journal.note(now, event, null, details);
    this.#console.line(now, words);
    // Told between two turns of the driver, it would lie there until something happens to a service.
    queueMicrotask(() => this.journal.flush());
  }

  /** Tells of something that is wrong, but no reason to stop. */
  complain(fault: string): void {
    this.tell("fault", { message: fault }, fault);
  }

  /** Tells of an error in Denit itself, or in a unit's code, that nobody has caught. */
  confess(what: string, error: unknown): void {
    this.complain(`${what}: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
  }

  /** Writes everything down, and waits a little for the console. */
  async settle(): Promise<void> {
    this.journal.flush();
    await this.#console.settle(1000);
  }

  /** As {@linkcode settle}, at the end. */
  async close(): Promise<void> {
    await this.settle();
    this.#file?.close();
  }

  #append(lines: string): void {
    if (this.#showsAll) { for (const line of lines.trimEnd().split("\n")) this.say(line); }
    if (this.#file === null) return;
    // A line that a full disk has cut off must not spoil the next one.
    const bytes = new TextEncoder().encode(this.#torn ? `\n${lines}` : lines);
    let written = 0;
    try {
      while (written < bytes.length) written += this.#file.writeSync(bytes.subarray(written));
      this.#torn = false;
    } catch (error) {
      this.#torn ||= written > 0;
      const fault = `cannot write the journal: ${messageOf(error)}`;
      if (fault !== this.#lastFault) this.say(this.#lastFault = fault);
    }
  }
}
