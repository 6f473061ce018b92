import { deadline } from "@std/async/deadline";

/** The longest that anything awaited from a machine may take, in ms. A whole boot takes 5 to 10 s when nobody else works. */
export const PATIENCE = 120_000;

/** Text that arrives bit by bit, and is kept. */
export class TextStream {
  text = "";
  #ended = false;
  #changed = Promise.withResolvers<void>();

  /** Reads everything there is; settles at its end. */
  async read(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    try {
      for await (const piece of bytes.pipeThrough(new TextDecoderStream())) {
        // Serial consoles end lines as teletypes do.
        this.text += piece.replaceAll("\r", "");
        this.#tell();
      }
    } catch (error) {
      // QEMU has ended without having read all that it was told.
      if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
    } finally {
      this.#ended = true;
      this.#tell();
    }
  }

  /** Waits for the first match at or after a place in the text. */
  async match(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    const search = new RegExp(pattern, `${pattern.flags.replace(/[gy]/g, "")}g`);
    for (;;) {
      const changed = this.#changed.promise;
      search.lastIndex = from;
      const match = search.exec(this.text);
      if (match !== null) return match;
      if (this.#ended) throw new Error(`never came, and nothing more will: ${pattern}`);
      await changed;
    }
  }

  /** Each line as it becomes whole, from the first one on. */
  async *lines(): AsyncGenerator<string> {
    for (let from = 0;;) {
      const changed = this.#changed.promise;
      const end = this.text.indexOf("\n", from);
      if (end !== -1) {
        yield this.text.slice(from, end);
        from = end + 1;
      } else if (this.#ended) return;
      else await changed;
    }
  }

  #tell(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }
}

/** Waits, but not for ever. */
export async function inTime<T>(awaited: Promise<T>, what: string, patience: number = PATIENCE): Promise<T> {
  try {
    return await deadline(awaited, patience);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    throw new Error(`waited ${patience / 1000} s for ${what}`, { cause: error });
  }
}
