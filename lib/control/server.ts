import type { Millis } from "../define/time.ts";
import { OsError } from "../os/error.ts";
import type { Fd, Peer } from "../os/os.ts";
import { Connection } from "./connection.ts";
import { EventRing } from "./event_ring.ts";
import type { Answer } from "./answer.ts";
import { Operator, type Station } from "./operator.ts";
import { parseRequest, replyLine, resultLine, tooLong } from "./protocol.ts";
import { type Fault, fault } from "./fault.ts";
import { EventStream, OutputStream, type Stream } from "./stream.ts";
import { type Request, type Right, verbs } from "./verbs.ts";
import type { View } from "./words.ts";
import { MOST_WAITS, Waits } from "./waits.ts";
import { messageOf } from "../define/message_of.ts";

/** Who may do what, beside root and the user that this instance runs as, who may do everything. */
export interface Access {
  /** The user that this instance runs as. */
  readonly owner: number;
  /** Whether everybody may look. Default: no. */
  readonly everybodyReads?: boolean;
}

/** Clients at the same time; more are turned away. */
const MOST_CLIENTS = 256;
/** Reads and requests in one turn of the driver, of all clients together; what is left waits for the next turn. */
const STEPS_PER_TURN = 32;
/** How long these may take: supervision comes first. */
const TIME_PER_TURN: Millis = 0.3;
/** Entries of the journal that are kept at hand. */
const EVENTS_KEPT = 4096;
const READ_SIZE = 16 * 1024;

/** Serves clients at a socket, in the driver's one wait. It never blocks and never throws at the driver. */
export class ControlServer {
  readonly #station: Station;
  readonly #access: Access;
  readonly #operator: Operator;
  readonly #waits: Waits;
  readonly #ring: EventRing;
  readonly #clients = new Map<Fd, Connection>();
  /** Clients that have something to be read or to be carried out, in the order of their turns. */
  readonly #busy = new Set<Connection>();
  readonly #streams = new Set<Stream>();
  readonly #buffer = new Uint8Array(READ_SIZE);
  #listener: Fd | null = null;
  /** A descriptor to spare, so that even when there are none left a client can be turned away. */
  #spare: Fd | null = null;

  constructor(station: Station, access: Access) {
    this.#station = station;
    this.#access = access;
    this.#operator = new Operator(station, () => this.#waits.lookAgain());
    this.#waits = new Waits((goal) => this.#operator.noteEnd(goal));
    this.#ring = new EventRing(EVENTS_KEPT, station.journal.count);
    station.journal.follow((line, event, service, details) => {
      this.#ring.push(line);
      if (event === "exited" && service !== null) this.#operator.noteExit(service, details["status"]);
    });
  }

  /** How many clients there are. */
  get clients(): number {
    return this.#clients.size;
  }

  /** The system now, as clients are told of it. */
  get view(): View {
    return this.#operator.view();
  }

  /** Listens at a path. @throws {OsError} As `Os.listenAt`. */
  open(path: string): void {
    const { os, driver } = this.#station;
    this.#spare = os.blob(new Uint8Array());
    this.#listener = os.listenAt(path, this.#access.everybodyReads === true ? 0o666 : 0o600);
    driver.attach(this.#listener, { readable: () => this.#accept() });
  }

  /** When a client has to be told something. */
  due(): Millis {
    return this.#waits.due();
  }

  /** What a service has printed, for those who follow it. */
  noteOutput(service: string, bytes: Uint8Array): void {
    for (const stream of this.#streams) {
      if (stream instanceof OutputStream && stream.service === service) stream.note(bytes);
    }
  }

  /** Has everything that was settled in this turn of the driver told, and carries requests out, for the next one. */
  turn(): void {
    if (this.#listener === null) return;
    this.#waits.look(this.#operator.view());
    this.#serve();
    let more = this.#busy.size > 0;
    for (const stream of this.#streams) more = stream.feed() || more;
    for (const client of this.#clients.values()) if (!client.isOpen) this.#drop(client);
    if (more) this.#station.os.interrupt();
  }

  /** Turns everybody away and takes the socket away. */
  close(): void {
    const { os, driver } = this.#station;
    for (const client of this.#clients.values()) this.#drop(client);
    if (this.#listener !== null) driver.detach(this.#listener);
    if (this.#spare !== null) os.close(this.#spare);
    this.#listener = this.#spare = null;
  }

  #accept(): void {
    const { os } = this.#station;
    try {
      for (let peer = os.accept(this.#listener!); peer !== null; peer = os.accept(this.#listener!)) {
        this.#welcome(peer);
      }
    } catch (error) {
      if (!(error instanceof OsError) || error.code !== "EMFILE" && error.code !== "ENFILE") throw error;
      this.#turnAway();
    }
  }

  /** There are no descriptors left. A client that waits would keep the driver awake for ever: it is hung up on. */
  #turnAway(): void {
    const { os } = this.#station;
    if (this.#spare !== null) os.close(this.#spare);
    this.#spare = null;
    const peer = os.accept(this.#listener!);
    if (peer !== null) os.close(peer.fd);
    this.#spare = os.blob(new Uint8Array());
  }

  #welcome(peer: Peer): void {
    const { os, driver } = this.#station;
    const client = new Connection(os, peer, this.#rightsOf(peer));
    driver.attach(peer.fd, {
      readable: () => this.#busy.add(client),
      writable: () => {
        client.flush();
        this.#busy.add(client);
      },
    });
    this.#clients.set(peer.fd, client);
    if (this.#clients.size <= MOST_CLIENTS) return;
    this.#refuse(client, null, fault("busy", "cannot serve another client", "try again later"));
    this.#drop(client);
  }

  #rightsOf({ uid }: Peer): ReadonlySet<Right> {
    if (uid === 0 || uid === this.#access.owner) return new Set(["read", "change"]);
    return new Set(this.#access.everybodyReads === true ? ["read"] : []);
  }

  /** Reads and carries out requests: of each client in turn one step, so that nobody who talks much delays others. */
  #serve(): void {
    const { os } = this.#station;
    const end = os.now() + TIME_PER_TURN;
    let steps = 0;
    for (const client of this.#busy) {
      if (++steps > STEPS_PER_TURN || os.now() > end) return;
      this.#busy.delete(client);
      // Whoever does not read is not heard either, until there is room again.
      if (!client.isHungry) continue;
      const line = client.next();
      if (line === null && !client.receive(this.#buffer)) continue;
      // To the end of the queue, which this loop comes to.
      this.#busy.add(client);
      if (line !== null) this.#answer(client, line);
    }
  }

  #answer(client: Connection, line: Uint8Array | "too-long"): void {
    const parsed = line === "too-long" ? { request: null, reply: tooLong() } : parseRequest(line);
    if (parsed.request === null) return client.send(`${JSON.stringify(parsed.reply)}\n`);
    const { request } = parsed;
    const obstacle = this.#obstacle(client, request);
    if (obstacle !== null) return this.#refuse(client, request.id, obstacle);
    let answer: Answer;
    try {
      answer = this.#operator.perform(request);
    } catch (error) {
      const reason = messageOf(error);
      const why = fault("failed", `cannot do ${request.verb}: ${reason}`, "see the journal");
      this.#refuse(client, request.id, why);
      throw error;
    }
    switch (answer.type) {
      case "result":
        return client.send(resultLine(request.id, answer.text));
      case "fault":
        return this.#refuse(client, request.id, answer.fault);
      case "goal": {
        const { os } = this.#station;
        this.#waits.add(client, request.id, answer.goal, answer.noWait, answer.timeout, os.now());
        return os.interrupt();
      }
      case "events":
        this.#streams.add(new EventStream(client, request.id, this.#ring, answer.since));
        return;
      case "output": {
        const stream = new OutputStream(client, request.id, answer.service);
        stream.say(answer.lines.map((each) => `${each}\n`).join(""));
        this.#streams.add(stream);
      }
    }
  }

  /** Why a request is not even begun. */
  #obstacle(client: Connection, { verb }: Request): Fault | null {
    const { right } = verbs[verb];
    const cannot = `cannot do ${verb}`;
    if (!client.rights.has(right)) {
      const cure = `be root, or user ${this.#access.owner}`;
      return fault("forbidden", `${cannot}: user ${client.peer.uid} may not`, cure);
    }
    const ends = verb === "poweroff" || verb === "reboot" || verb === "halt" || verb === "kexec";
    if (right === "change" && !ends && this.#station.driver.state.ending !== null) {
      return fault("ending", `${cannot}: the system shuts down`, "try again after the next boot");
    }
    let pending = this.#waits.count(client);
    for (const stream of this.#streams) if (stream.connection === client) pending++;
    if (pending < MOST_WAITS) return null;
    const message = `${cannot}: this client waits for ${pending} replies already`;
    return fault("busy", message, "wait for them, or hang up");
  }

  #refuse(client: Connection, id: number | null, why: Fault): void {
    client.send(replyLine(id, { error: why }));
  }

  #drop(client: Connection): void {
    client.flush();
    this.#clients.delete(client.fd);
    this.#busy.delete(client);
    this.#waits.drop(client);
    for (const stream of this.#streams) if (stream.connection === client) this.#streams.delete(stream);
    this.#station.driver.detach(client.fd);
  }
}
