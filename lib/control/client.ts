/** The client's side of the protocol. PID 1 does not load it. */
import { writeAll } from "../os/write_all.ts";
import { VERSION } from "./protocol.ts";
import type { Reply } from "./reply.ts";
import type { RequestOf, Verb } from "./verbs.ts";

/** What goes with a verb. */
export type Parameters<V extends Verb> = Omit<RequestOf<V>, "v" | "id" | "verb">;

/** The server has hung up before it had said all. */
export class HungUp extends Error {
  override readonly name = "HungUp";

  constructor() {
    super("cannot go on: init has hung up");
  }
}

/** A connection to a control socket, for one request after another. */
export class ControlClient {
  readonly #connection: Deno.UnixConn;
  readonly #decoder = new TextDecoder();
  #text = "";
  #id = 0;

  private constructor(connection: Deno.UnixConn) {
    this.#connection = connection;
  }

  /** @throws {Deno.errors} NotFound, ConnectionRefused, PermissionDenied: nobody is there, or lets us in. */
  static async connect(path: string): Promise<ControlClient> {
    return new ControlClient(await Deno.connect({ transport: "unix", path }));
  }

  /**
   * Asks, and gives every line of the reply; it ends after the one that ends the request.
   *
   * @throws {HungUp} If the server hangs up before.
   */
  async *ask<V extends Verb>(verb: V, parameters: Parameters<V>): AsyncGenerator<Reply> {
    const id = ++this.#id;
    const line = `${JSON.stringify({ v: VERSION, id, verb, ...parameters })}\n`;
    await writeAll(this.#connection, new TextEncoder().encode(line));
    for (;;) {
      const reply: Reply = JSON.parse(await this.#line());
      if (reply.id !== id && reply.id !== null) continue;
      yield reply;
      if ("result" in reply || "error" in reply) return;
    }
  }

  /** Settles when the server has hung up, or this connection is closed. Not to be used while something is asked. */
  async hangUp(): Promise<void> {
    const buffer = new Uint8Array(1024);
    while (await this.#connection.read(buffer).catch(() => null) !== null);
  }

  close(): void {
    this.#connection.close();
  }

  async #line(): Promise<string> {
    const buffer = new Uint8Array(64 * 1024);
    for (let seen = 0;;) {
      const end = this.#text.indexOf("\n", seen);
      if (end !== -1) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      seen = this.#text.length;
      const count = await this.#connection.read(buffer).catch(() => null);
      if (count === null) throw new HungUp();
      this.#text += this.#decoder.decode(buffer.subarray(0, count), { stream: true });
    }
  }
}
