import type { Millis } from "../define/time.ts";

/** Text that nobody reads is given up beyond this many characters; whoever can wait does so beyond fewer. */
const LONGEST_BACKLOG = 64 * 1024, FULL = 16 * 1024;

/**
 * Lines for whoever watches. They are written in the background, one write at
 * a time: a terminal that is held with Ctrl-S, or a reader that has gone away,
 * must not stop PID 1.
 */
export class Console {
  readonly #write: (bytes: Uint8Array) => Promise<number>;
  readonly #startedAt: Millis;
  #backlog = "";
  /** How much of the backlog waits for us, and has not to be given up. */
  #passed = 0;
  #lost = 0;
  #writing: Promise<void> | null = null;

  /** @param startedAt What the times of lines count from. */
  constructor(startedAt: Millis, write: (bytes: Uint8Array) => Promise<number>) {
    this.#startedAt = startedAt;
    this.#write = write;
  }

  /** Shows a line with the time since the start. */
  line(now: Millis, text: string): void {
    if (this.#backlog.length - this.#passed > LONGEST_BACKLOG) {
      this.#lost++;
      return;
    }
    const time = ((now - this.#startedAt) / 1000).toFixed(3).padStart(9);
    this.#backlog += `[${time}] ${text}\n`;
    this.#writing ??= this.#flush();
  }

  /**
   * Shows a line as it is, and never gives it up.
   *
   * @returns Nothing if it would take more at once; else what is settled when everything is shown.
   */
  pass(text: string): Promise<void> | void {
    this.#backlog += `${text}\n`;
    this.#passed += text.length + 1;
    this.#writing ??= this.#flush();
    if (this.#passed > FULL) return this.#writing;
  }

  /** Waits until everything is shown, but not for ever. */
  async settle(patience: Millis): Promise<void> {
    const limit = Promise.withResolvers<void>();
    const timer = setTimeout(limit.resolve, patience);
    await Promise.race([this.#writing ?? undefined, limit.promise]);
    clearTimeout(timer);
  }

  async #flush(): Promise<void> {
    // The turn of whoever wrote the first line ends first, so that its lines go out together.
    await undefined;
    while (this.#backlog !== "") {
      let bytes = new TextEncoder().encode(this.#backlog);
      this.#backlog = this.#lost > 0
        ? `            (${this.#lost} lines were not shown: the console did not keep up)\n`
        : "";
      this.#lost = this.#passed = 0;
      try {
        while (bytes.length > 0) bytes = bytes.subarray(await this.#write(bytes));
      } catch {
        // Nobody is there to read; the journal has it all.
        this.#backlog = "";
      }
    }
    this.#writing = null;
  }
}
