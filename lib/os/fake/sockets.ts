/** The Unix sockets of the virtual machine: paths at which somebody listens, and connections. */
import { osError } from "../errno.ts";
import type { Peer } from "../os.ts";
import { type OpenFile, Stream } from "./open_file.ts";

/** Who connects, as SO_PEERCRED tells it. */
export type Credentials = Omit<Peer, "fd">;

/** A client that has connected and waits to be accepted. */
export interface Caller<W> extends Credentials {
  readonly file: OpenFile<W>;
}

/** The longest path of a socket, in bytes. */
const LONGEST_PATH = 107;

/** Listening sockets by path. A path stays when nobody listens there any more, as on a disk. */
export class Sockets<W> {
  readonly #listeners = new Map<string, OpenFile<W>>();

  /** @throws {OsError} As `Os.listenAt`. */
  listenAt(path: string): OpenFile<W> {
    if (new TextEncoder().encode(path).length > LONGEST_PATH) {
      throw osError("listen at", "ENAMETOOLONG", path);
    }
    const known = this.#listeners.get(path);
    if (known !== undefined && known.references > 0) {
      throw osError("listen at", "EADDRINUSE", path, "somebody answers there");
    }
    const listener: OpenFile<W> = { references: 1, kind: "listener", stream: null, callers: [] };
    this.#listeners.set(path, listener);
    return listener;
  }

  /** Forgets the path of a listener that is closed. */
  forget(listener: OpenFile<W>): void {
    for (const [path, known] of this.#listeners) if (known === listener) this.#listeners.delete(path);
  }

  /** The caller's end of a new connection. @throws {OsError} ENOENT where nobody listens. */
  connect(path: string, who: Credentials): OpenFile<W> {
    const listener = this.#listeners.get(path);
    if (listener?.callers === undefined) throw osError("connect to", "ENOENT", path);
    const [ours, theirs] = openSockets<W>();
    listener.callers.push({ ...who, file: theirs });
    return ours;
  }
}

/** Two sockets that are connected. */
function openSockets<W>(): [OpenFile<W>, OpenFile<W>] {
  const [there, back] = [new Stream<W>(), new Stream<W>()];
  for (const stream of [there, back]) stream.readable = stream.writable = true;
  return [
    { references: 1, kind: "socket", stream: back, outgoing: there },
    { references: 1, kind: "socket", stream: there, outgoing: back },
  ];
}
