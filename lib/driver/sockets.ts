import { everyHost, type Socket, socketLabel } from "../define/sockets.ts";
import { type Graph, type Node, nodeOf, type ServiceId } from "../graph/graph.ts";
import type { Fd, Os, SocketSpec } from "../os/os.ts";
import type { Event, State } from "../supervisor/mod.ts";
import type { Accounts } from "./accounts.ts";
import { ownersOf } from "./attributes_of.ts";
import type { Passed } from "./passed_descriptors.ts";

/** How many may wait to be accepted unless the unit says so: the kernel's own limit is as much by default. */
const BACKLOG = 4096;
/** Permissions in the file system. */
const SOCKET_MODE = 0o666, FIFO_MODE = 0o600;

/** A socket as one driver leaves it to the next. */
export interface LeftSocket extends Passed {
  /** What it was opened as: another one is another socket. */
  readonly as: string;
}

/** What sockets need of the driver. */
export interface SocketsSettings {
  readonly graph: Graph;
  readonly os: Os;
  readonly accounts: Accounts | null;
  readonly state: () => State;
  /** Tells the supervisor while the driver is at work. */
  readonly report: (event: Event) => void;
}

/** Holds the sockets of services from before their first process until they are down, and sees who comes to them. */
export class Sockets {
  readonly #settings: SocketsSettings;
  readonly #open = new Map<ServiceId, readonly LeftSocket[]>();
  /** Those at which somebody is awaited. */
  readonly #awaited = new Map<Fd, ServiceId>();

  constructor(settings: SocketsSettings) {
    this.#settings = settings;
  }

  /** What a process of a service is given: its sockets, which are opened now unless they are. @throws {OsError} */
  provide({ id, definition: { sockets } }: Node): readonly Passed[] {
    const known = this.#open.get(id);
    if (known !== undefined || sockets === undefined) return known ?? [];
    const { os, accounts } = this.#settings;
    const opened: LeftSocket[] = [];
    try {
      for (const [name, socket] of Object.entries(sockets)) {
        opened.push({ name, fd: os.openSocket(specOf(socket, accounts)), as: identity(socket) });
      }
    } catch (error) {
      for (const { fd } of opened) os.close(fd);
      throw error;
    }
    this.#open.set(id, opened);
    return opened;
  }

  /** A service has entered a phase: somebody is awaited for one that is armed, and nothing is held for one that is down. */
  note(id: ServiceId): void {
    const held = this.#open.get(id);
    if (held === undefined) return;
    const { os, state, graph } = this.#settings;
    const { phase } = state().services[id]!;
    if (phase.phase === "down") {
      for (const { fd } of held) {
        this.#awaited.delete(fd);
        os.close(fd);
      }
      this.#open.delete(id);
      return;
    }
    const armed = nodeOf(graph, id).definition.trigger?.on === "connection" && phase.phase === "up" &&
      phase.pid === null;
    for (const { fd } of held) {
      if (armed === this.#awaited.has(fd)) continue;
      if (armed) {
        this.#awaited.set(fd, id);
        os.watch(fd);
      } else this.#forget(fd);
    }
  }

  /** Whether somebody is awaited at a descriptor. */
  has(fd: Fd): boolean {
    return this.#awaited.has(fd);
  }

  /** Somebody has come. All that come until the service is armed again are its own business. */
  read(fd: Fd): void {
    const id = this.#awaited.get(fd)!;
    for (const held of this.#open.get(id) ?? []) this.#forget(held.fd);
    this.#settings.report({ type: "triggered", id });
  }

  /** All that is open, by the names of the services. */
  leave(): Record<string, readonly LeftSocket[]> {
    const { graph } = this.#settings;
    return Object.fromEntries([...this.#open].map(([id, held]) => [nodeOf(graph, id).name, held]));
  }

  /** Goes on with what another driver has left. What is none of a service any more is closed. */
  take(left: Readonly<Record<string, readonly LeftSocket[]>>): void {
    const { graph, os, state } = this.#settings;
    for (const [name, held] of Object.entries(left)) {
      const id = graph.ids.get(name);
      const sockets = id === undefined ? {} : nodeOf(graph, id).definition.sockets ?? {};
      const same = id !== undefined && state().services[id]!.phase.phase !== "down" &&
        JSON.stringify(Object.entries(sockets).map(([name, socket]) => [name, identity(socket)])) ===
          JSON.stringify(held.map(({ name, as }) => [name, as]));
      for (const { fd, as } of held) {
        const { path } = JSON.parse(as);
        if (typeof path === "string") os.ownPath(fd, path);
        if (!same) os.close(fd);
      }
      if (!same) continue;
      this.#open.set(id, held);
      this.note(id);
    }
  }

  #forget(fd: Fd): void {
    if (this.#awaited.delete(fd)) this.#settings.os.unwatch(fd);
  }
}

/** By what one socket is told from another. */
function identity(socket: Socket): string {
  return JSON.stringify(socket, Object.keys(socket).sort());
}

function specOf(socket: Socket, accounts: Accounts | null): SocketSpec {
  if (socket.type === "tcp" || socket.type === "udp") {
    const { type, host = everyHost, port, reusePort = false } = socket;
    return { type, host, port, reusePort, backlog: socket.type === "tcp" ? socket.backlog ?? BACKLOG : 0 };
  }
  const { path } = socket;
  const { uid, gid } = ownersOf(socket, accounts);
  if (socket.type === "fifo") return { type: "fifo", path, mode: socket.mode ?? FIFO_MODE, uid, gid };
  const { kind = "stream", mode = SOCKET_MODE, backlog = BACKLOG } = socket;
  return { type: "unix", kind, path, mode, uid, gid, backlog };
}

/** The sockets of a service, for people: `http tcp [::]:80`. */
export function socketsOf({ definition: { sockets = {} } }: Node): string[] {
  return Object.entries(sockets).map(([name, socket]) => `${name} ${socketLabel(socket)}`);
}
