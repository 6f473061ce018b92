/** One conversation with init: asks, shows who is awaited, and turns what went wrong into words and an exit code. */
import { join } from "@std/path";
import { runtimeFolder } from "../boot/runtime_folder.ts";
import { ControlClient, HungUp, type Parameters } from "../control/client.ts";
import type { Fault, FaultCode, Reply } from "../control/reply.ts";
import type { Verb } from "../control/verbs.ts";
import type { Json } from "../define/json.ts";
import { renderFault } from "./ctl_render.ts";
import { EXIT_CODES } from "./exit_codes.ts";
import { messageOf } from "../define/message_of.ts";

/** An answer of the server, which is of the same build. */
export type Answered<T> = Json & T;

/** What ended the conversation; the message is complete. */
export class CtlFailure extends Error {
  override readonly name = "CtlFailure";

  constructor(message: string, readonly exitCode: number) {
    super(message);
  }
}

const codes: Readonly<Record<FaultCode, number>> = {
  malformed: EXIT_CODES.usage,
  "too-long": EXIT_CODES.usage,
  version: EXIT_CODES.usage,
  unknown: EXIT_CODES.usage,
  forbidden: EXIT_CODES.system,
  refused: EXIT_CODES.no,
  failed: EXIT_CODES.no,
  timeout: EXIT_CODES.timedOut,
  busy: EXIT_CODES.no,
  ending: EXIT_CODES.no,
};

/** A conversation with the init of one runtime directory. */
export class CtlSession {
  readonly #client: ControlClient;

  private constructor(client: ControlClient) {
    this.#client = client;
  }

  /** @throws {CtlFailure} If nobody is there, or lets us in. */
  static async open(runtimeDir: string | undefined): Promise<CtlSession> {
    const folder = runtimeFolder(runtimeDir);
    const path = join(folder, "control.sock");
    try {
      return new CtlSession(await ControlClient.connect(path));
    } catch (error) {
      const absent = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.ConnectionRefused;
      const reason = absent
        ? `nobody supervises in ${folder}`
        : error instanceof Deno.errors.PermissionDenied
        ? "you may not"
        : messageOf(error);
      const cure = absent
        ? "name the directory by --runtime-dir or DENIT_RUNTIME_DIR"
        : "be root, or the user that runs it";
      throw new CtlFailure(`cannot connect to ${path}: ${reason}\n    ${cure}`, EXIT_CODES.system);
    }
  }

  /** Asks, and gives each line of the reply. @throws {CtlFailure} If the answer is no. */
  async *follow<V extends Verb>(verb: V, parameters: Parameters<V>): AsyncGenerator<Reply> {
    for await (const reply of this.#client.ask(verb, parameters)) {
      if ("error" in reply) throw failureOf(reply.error);
      yield reply;
    }
  }

  /** Asks, and gives the result; who is awaited meanwhile is told on standard error. @throws {CtlFailure} */
  async ask<V extends Verb>(verb: V, parameters: Parameters<V>): Promise<Json> {
    try {
      for await (const reply of this.follow(verb, parameters)) {
        if ("result" in reply) return reply.result;
        if ("progress" in reply) console.error(reply.progress.text);
      }
    } catch (error) {
      if (error instanceof HungUp) throw new CtlFailure(error.message, EXIT_CODES.system);
      throw error;
    }
    return null;
  }

  /** Settles when init has hung up, or this conversation is over. Not to be used while something is asked. */
  hangUp(): Promise<void> {
    return this.#client.hangUp();
  }

  close(): void {
    this.#client.close();
  }
}

function failureOf(fault: Fault): CtlFailure {
  return new CtlFailure(renderFault(fault), codes[fault.code]);
}
