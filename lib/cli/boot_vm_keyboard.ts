/** Keys as a terminal sends them. */
const CTRL_C = 0x03, CTRL_V = 0x16;

/**
 * Divides what is typed between this program and the console of a machine: Ctrl-C is for us, all else for the console.
 * Ctrl-V before a Ctrl-C quotes it, as on any terminal, so that a program there can be interrupted.
 */
export class Keyboard {
  readonly #interrupt: () => void;
  #quoting = false;

  constructor(interrupt: () => void) {
    this.#interrupt = interrupt;
  }

  /** Takes keys, and returns those for the console. */
  take(keys: Uint8Array): Uint8Array<ArrayBuffer> {
    const passed: number[] = [];
    for (const key of keys) {
      const quoted = this.#quoting;
      this.#quoting = key === CTRL_V && !quoted;
      if (this.#quoting) continue;
      if (quoted && key !== CTRL_C && key !== CTRL_V) passed.push(CTRL_V);
      if (key === CTRL_C && !quoted) this.#interrupt();
      else passed.push(key);
    }
    return new Uint8Array(passed);
  }
}
