import type { ServiceId } from "../graph/graph.ts";
import { nodeOf } from "../graph/graph.ts";
import type { Fd } from "../os/os.ts";
import type { Action } from "../supervisor/mod.ts";
import { type LeftSocket, Sockets, type SocketsSettings } from "./sockets.ts";
import { describe } from "./make_command.ts";
import { Timers, type TimersSettings } from "./timers.ts";

/** What starts the processes of services that are armed: somebody who comes to their sockets, or time. */
export class Triggers {
  readonly #settings: SocketsSettings;
  readonly sockets: Sockets;
  readonly timers: Timers;

  constructor(settings: SocketsSettings & TimersSettings) {
    this.#settings = settings;
    this.sockets = new Sockets(settings);
    this.timers = new Timers(settings);
  }

  /** Goes on for whatever another driver has armed. */
  take(sockets: Readonly<Record<string, readonly LeftSocket[]>>): void {
    this.sockets.take(sockets);
    for (const { id } of this.#settings.graph.nodes) this.note(id);
  }

  /** Arms a service, or says why it cannot be. */
  arm({ id, attempt }: Extract<Action, { type: "arm" }>): void {
    const { graph, report } = this.#settings;
    try {
      this.sockets.provide(nodeOf(graph, id));
      this.timers.arm(id);
      report({ type: "ready", id, attempt, output: null });
    } catch (error) {
      report({ type: "spawnFailed", id, attempt, failure: describe(error) });
    }
  }

  /** A service has entered a phase. */
  note(id: ServiceId): void {
    this.sockets.note(id);
    this.timers.note(id);
  }

  /** Whether a descriptor is read here. */
  has(fd: Fd): boolean {
    return this.sockets.has(fd) || this.timers.has(fd);
  }

  /** Reads what a descriptor has. */
  read(fd: Fd): void {
    if (this.timers.has(fd)) this.timers.read(fd);
    else this.sockets.read(fd);
  }
}
