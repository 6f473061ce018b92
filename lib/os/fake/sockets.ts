/** The Unix sockets of the virtual machine: paths at which somebody listens, and connections. */
import { osError } from "../errno.ts";
import type { Fd, Letter, Peer, SocketSpec } from "../os.ts";
import type { Descriptors } from "./descriptors.ts";
import { type OpenFile, Stream } from "./open_file.ts";
import { SELF } from "./process.ts";

/** Who connects, as SO_PEERCRED tells it. */
export type Credentials = Omit<Peer, "fd">;

/** A client that has connected and waits to be accepted. */
export interface Caller<W> extends Credentials {
  readonly file: OpenFile<W>;
}

/** A letter that nobody has taken yet. */
export interface Post<W> extends Credentials {
  readonly bytes: Uint8Array;
  readonly files: readonly OpenFile<W>[];
}

/** What there is to know of a process that sends something. */
interface Sender<W> {
  readonly pid: number;
  readonly env: Readonly<Record<string, string>>;
  readonly files: ReadonlyMap<number, OpenFile<W>>;
}

/** The longest path of a socket, in bytes. */
const LONGEST_PATH = 107;
/** The longest letter, in bytes, as on Linux. */
const LONGEST_LETTER = 64 * 1024;
/** Who we are to ourselves. */
const ourselves: Credentials = { pid: SELF, uid: 0, gid: 0 };

/** Listening sockets and mailboxes by path. A path stays when nobody listens there any more, as on a disk. */
export class Sockets<W> {
  readonly #files: Descriptors<W>;
  readonly #paths = new Map<string, OpenFile<W>>();

  /** @param files Our descriptors. */
  constructor(files: Descriptors<W>) {
    this.#files = files;
  }

  /** @throws {OsError} As `Os.listenAt`. */
  listenAt(path: string): Fd {
    refuseLong(path);
    const known = this.#paths.get(path);
    if (known !== undefined && known.references > 0) {
      throw osError("listen at", "EADDRINUSE", path, "somebody answers there");
    }
    return this.#open(path, { references: 1, kind: "listener", stream: null, callers: [] });
  }

  /** @throws {OsError} As `Os.mailboxAt`. */
  mailboxAt(path: string): Fd {
    refuseLong(path);
    return this.#open(path, { references: 1, kind: "mailbox", stream: null, post: [] });
  }

  /** As `Os.openSocket`. One that has no path is found by its type, host and port: `tcp 127.0.0.1:80`. */
  openSocket(socket: SocketSpec): Fd {
    const path = "path" in socket ? socket.path : `${socket.type} ${socket.host}:${socket.port}`;
    if (socket.type === "unix") refuseLong(path);
    if ((this.#paths.get(path)?.references ?? 0) > 0) {
      throw osError("listen at", "EADDRINUSE", path, "path" in socket ? "somebody has it" : undefined);
    }
    const accepts = socket.type === "tcp" || socket.type === "unix" && socket.kind !== "datagram";
    return this.#open(
      path,
      accepts
        ? { references: 1, kind: "listener", stream: null, callers: [] }
        : { references: 1, kind: "mailbox", stream: null, post: [] },
    );
  }

  /** Forgets the path of one that is closed. */
  forget(closed: OpenFile<W>): void {
    for (const [path, known] of this.#paths) if (known === closed) this.#paths.delete(path);
  }

  /** The caller's end of a new connection. @throws {OsError} ENOENT where nobody listens. */
  connect(path: string, who: Partial<Credentials> = {}): Fd {
    this.#files.reserve(1, "socket");
    const listener = this.#paths.get(path);
    if (listener?.callers === undefined) throw osError("connect to", "ENOENT", path);
    const [ours, theirs] = openSockets<W>();
    listener.callers.push({ ...ourselves, ...who, file: theirs });
    return this.#files.add(ours);
  }

  /** @throws {OsError} As `Os.accept`. */
  accept(listener: Fd): Peer | null {
    const { callers } = this.#files.expect(listener, "accept");
    if (callers === undefined) throw osError("accept", "EINVAL", String(listener));
    if (callers.length > 0) this.#files.reserve(1, "accept");
    const caller = callers.shift();
    if (caller === undefined) return null;
    const { file, ...who } = caller;
    return { fd: this.#files.add(file), ...who };
  }

  /** Puts a letter into a mailbox. @throws {OsError} ENOENT where there is none. */
  post(
    path: string,
    text: string | Uint8Array,
    who: Partial<Credentials> = {},
    files: readonly OpenFile<W>[] = [],
  ): void {
    const mailbox = this.#paths.get(path);
    if (mailbox?.post === undefined) throw osError("send to", "ENOENT", path);
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    for (const file of files) file.references++;
    mailbox.post.push({ ...ourselves, ...who, bytes, files });
  }

  /** Sends what a process has to say to the mailbox that its environment names; to nobody if that names none. */
  notify(
    { pid, env, files }: Sender<W>,
    text: string,
    fds: readonly number[],
  ): true {
    const path = env["NOTIFY_SOCKET"];
    if (path !== undefined) this.post(path, text, { pid }, fds.flatMap((fd) => files.get(fd) ?? []));
    return true;
  }

  /** @throws {OsError} As `Os.receive`. */
  receive(mailbox: Fd): Letter | null {
    const { post } = this.#files.expect(mailbox, "read");
    if (post === undefined) throw osError("read", "EINVAL", String(mailbox));
    const next = post.shift();
    if (next === undefined) return null;
    const { files, bytes, ...who } = next;
    const whole = bytes.length <= LONGEST_LETTER;
    return {
      ...who,
      bytes: whole ? bytes : bytes.slice(0, LONGEST_LETTER),
      whole,
      fds: files.map((file) => this.#files.add(file)),
    };
  }

  /** @throws {OsError} As `Os.write`. */
  write(fd: Fd, bytes: Uint8Array): number {
    const { outgoing } = this.#files.expect(fd, "write");
    if (outgoing === undefined) throw osError("write", "ENOTSOCK", String(fd));
    if (!outgoing.readable) throw osError("write", "EPIPE", String(fd));
    const count = outgoing.fill(bytes);
    return count === 0 && bytes.length > 0 ? -1 : count;
  }

  #open(path: string, file: OpenFile<W>): Fd {
    this.#files.reserve(1, "socket");
    this.#paths.set(path, file);
    return this.#files.add(file);
  }
}

function refuseLong(path: string): void {
  if (new TextEncoder().encode(path).length > LONGEST_PATH) throw osError("listen at", "ENAMETOOLONG", path);
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
