import type { TextStream } from "./text_stream.ts";

/** What QEMU tells of itself: an event's name, and what goes with it. */
export interface MonitorEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The client's side of the QEMU Machine Protocol (docs/interop/qmp-spec in QEMU): one JSON object a line. */
export class Monitor {
  readonly #send: (text: string) => Promise<void>;
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  #id = 0;

  constructor(send: (text: string) => Promise<void>) {
    this.#send = send;
  }

  /** Follows what QEMU says, until it hangs up. */
  async follow(stream: TextStream, onEvent: (event: MonitorEvent) => void): Promise<void> {
    for await (const line of stream.lines()) {
      const { id, return: result, error, event, data = {} } = JSON.parse(line);
      if (typeof event === "string") onEvent({ event, data });
      const asked = this.#pending.get(id);
      this.#pending.delete(id);
      if (error === undefined) asked?.resolve(result);
      else asked?.reject(new Error(`QEMU refuses: ${error.desc}`));
    }
    for (const asked of this.#pending.values()) asked.reject(new Error("QEMU has hung up"));
  }

  /** Has QEMU do something, such as `system_powerdown` or `system_reset`; its answer. */
  async ask(command: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const id = ++this.#id;
    const asked = Promise.withResolvers<unknown>();
    this.#pending.set(id, asked);
    // Whoever asks may be gone before the answer is known to be missing.
    asked.promise.catch(() => {});
    await this.#send(`${JSON.stringify({ execute: command, arguments: parameters, id })}\n`);
    return await asked.promise;
  }
}
