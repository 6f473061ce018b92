import { join } from "@std/path";
import type { Millis } from "../define/time.ts";
import { type Node, nodeOf, type ServiceId } from "../graph/graph.ts";
import type { Fd, Letter, Pid } from "../os/os.ts";
import { readMessage } from "../readiness/mod.ts";
import type { Attempt } from "./attempt.ts";
import { Listener, type NotifySettings } from "./listener.ts";
import { type LeftMailbox, Mailbox } from "./mailbox.ts";
import type { Notice } from "./notice.ts";
import { noProvision, type Provision } from "./passed_descriptors.ts";
import { familyOf, obstacleOf } from "./sender.ts";

/** Letters that are read in one turn of one mailbox: whoever writes much is not heard sooner for that. */
const LETTERS_PER_TURN = 8;
/** Letters that are read of a process that has ended; the queue of a socket is shorter than this. */
const LAST_LETTERS = 1024;
/** Whoever may write to it may send; whether they are heard is seen by the kernel's word of who they are. */
const MODE = 0o666;

/** Hears what services say at their mailboxes, by the protocol of sd_notify(3), and does what follows. */
export class NotifyWatch {
  readonly #settings: NotifySettings;
  readonly #boxes = new Map<ServiceId, Mailbox>();
  readonly #byFd = new Map<Fd, Mailbox>();
  /** Those that are kept, with whose they are. */
  readonly #kept = new Map<Fd, Mailbox>();
  readonly #listener: Listener;
  /** Changes whenever a notice does. */
  revision = 0;

  constructor(settings: NotifySettings) {
    this.#settings = settings;
    this.#listener = new Listener(settings, (box) => this.#noteKept(box));
  }

  /** Whether a descriptor is read here. */
  has(fd: Fd): boolean {
    return this.#byFd.has(fd) || this.#kept.has(fd);
  }

  /** Whether a descriptor is a mailbox. */
  isMailbox(fd: Fd): boolean {
    return this.#byFd.has(fd);
  }

  /** What a service has said of itself; null for one that cannot. */
  noticeOf(id: ServiceId): Notice | null {
    return this.#boxes.get(id)?.notice ?? null;
  }

  /** What the next process of a service needs in order to be heard. @throws {OsError} If there can be no mailbox. */
  provide({ id, name, definition }: Node): Provision {
    const rights = definition.ready?.mailbox;
    if (rights === undefined) return noProvision;
    let box = this.#boxes.get(id);
    if (box === undefined) {
      const { os, folder } = this.#settings;
      const path = join(folder, name);
      box = new Mailbox(os, id, os.mailboxAt(path, MODE), path, rights);
      this.#add(box);
    }
    const env: Record<string, string> = { NOTIFY_SOCKET: box.path };
    if (rights.watchdog !== null) env["WATCHDOG_USEC"] = String(Math.round(rights.watchdog * 1000));
    return { env, passed: box.kept.all };
  }

  /** All mailboxes, by the names of the services. */
  leave(): Record<string, LeftMailbox> {
    const { graph } = this.#settings;
    return Object.fromEntries([...this.#boxes].map(([id, box]) => [nodeOf(graph, id).name, box.leave()]));
  }

  /** Goes on with mailboxes that another driver has left, of processes that have been taken over. */
  take(left: Readonly<Record<string, LeftMailbox>>, attempts: Iterable<Attempt>): void {
    const { graph, os } = this.#settings;
    const byId = new Map([...attempts].map((attempt) => [attempt.id, attempt]));
    for (const [name, each] of Object.entries(left)) {
      const id = graph.ids.get(name)!;
      const rights = nodeOf(graph, id).definition.ready!.mailbox!;
      os.ownPath(each.fd, each.path);
      const box = new Mailbox(os, id, each.fd, each.path, rights);
      box.take(each, byId.get(id) ?? null);
      this.#add(box);
      this.#noteKept(box);
    }
  }

  /** A process was started that may have a mailbox. */
  begin(attempt: Attempt): void {
    const box = this.#boxes.get(attempt.id);
    box?.begin(attempt);
    this.revision++;
  }

  /** A process of a service has ended: what it has said last is heard. */
  drain(attempt: Attempt): void {
    const box = this.#boxOf(attempt);
    if (box !== undefined) this.#take(box, LAST_LETTERS);
  }

  /** Nothing of an attempt is left. */
  end(attempt: Attempt): void {
    this.#boxOf(attempt)?.end();
    this.revision++;
  }

  /** A service is down and is to stay so. */
  clear(id: ServiceId): void {
    const box = this.#boxes.get(id);
    if (box === undefined || box.kept.all.length === 0 || box.rights.keepWhenDown) return;
    box.kept.clear();
    this.#noteKept(box);
  }

  /** Reads what somebody has sent. */
  read(fd: Fd): void {
    const box = this.#byFd.get(fd);
    if (box !== undefined) return this.#take(box, LETTERS_PER_TURN);
    const owner = this.#kept.get(fd);
    owner?.kept.noteEnd(fd);
    if (owner !== undefined) this.#noteKept(owner);
  }

  /** When something is due; `Infinity` if nothing is. */
  due(): Millis {
    let due = Infinity;
    for (const { alarm } of this.#boxes.values()) if (alarm !== null && alarm.at < due) due = alarm.at;
    return due;
  }

  /** Does what is due. What was sent in time and has not been read yet counts. */
  ring(now: Millis): void {
    for (const box of this.#boxes.values()) {
      if ((box.alarm?.at ?? Infinity) <= now) this.#take(box, LAST_LETTERS);
      const { alarm, attempt } = box;
      if (alarm === null || alarm.at > now) continue;
      box.alarm = null;
      const { phase } = this.#settings.state().services[box.id]!.phase;
      const isWanted = phase === "starting" || phase === "up";
      if (attempt !== null && isWanted) this.#listener.fail(attempt, alarm.failure);
    }
  }

  /**
   * Waits until a service that was told to read its configuration says that it has.
   *
   * @param done Told once why it has not worked; null if it has.
   * @returns What ends the wait; null if the service is none that tells.
   */
  awaitReload(id: ServiceId, done: (fault: string | null) => void): (() => void) | null {
    const box = this.#boxes.get(id);
    if (box?.rights.reloads !== true) return null;
    box.endReload("another reload was asked for");
    const wait = { since: this.#settings.os.now(), begun: false, done };
    box.reload = wait;
    return () => {
      if (box.reload === wait) {
        box.endReload(`it has not said ${wait.begun ? "READY=1" : "RELOADING=1"} in time`);
      }
    };
  }

  #add(box: Mailbox): void {
    this.#boxes.set(box.id, box);
    this.#byFd.set(box.fd, box);
    this.#settings.os.watch(box.fd);
  }

  #boxOf(attempt: Attempt): Mailbox | undefined {
    const box = this.#boxes.get(attempt.id);
    return box?.attempt === attempt ? box : undefined;
  }

  #take(box: Mailbox, most: number): void {
    const { os, holds } = this.#settings;
    // Whoever writes many is looked at once, as long as nothing has changed that it is looked at for.
    let known: Pid | null = null;
    let obstacle: string | null = null;
    for (let count = 0; count < most; count++) {
      const letter = os.receive(box.fd);
      if (letter === null) return;
      if (!letter.whole || letter.pid !== known) {
        obstacle = obstacleOf(os, box.rights, familyOf(box, holds), letter);
      }
      const main = box.pid;
      this.#open(box, letter, obstacle);
      known = letter.whole && box.pid === main ? letter.pid : null;
    }
  }

  #open(box: Mailbox, letter: Letter, obstacle: string | null): void {
    const { os, note } = this.#settings;
    const before = box.notice;
    const message = readMessage(letter.bytes);
    // Whoever asks for it has been heard before, or refused: both is dealt with, and no secret.
    if (message.barrier) {
      for (const fd of letter.fds) os.close(fd);
      return;
    }
    if (obstacle === null) this.#listener.obey(box, letter, message);
    else {
      const first = new TextDecoder().decode(letter.bytes.subarray(0, 80)).split("\n")[0]!;
      box.refuse(`${first} of process ${letter.pid}, user ${letter.uid}: ${obstacle}`);
      for (const fd of letter.fds) os.close(fd);
    }
    if (box.notice === before) return;
    this.revision++;
    // Of many the first is enough: whoever sends without an end shall not fill the disk.
    const { refused } = box.notice;
    if (refused !== null && before.refused === null) note(box.id, "notifyRefused", { detail: refused.last });
  }

  #noteKept(box: Mailbox): void {
    for (const [fd, owner] of this.#kept) if (owner === box) this.#kept.delete(fd);
    for (const { fd } of box.kept.all) this.#kept.set(fd, box);
    box.notice = { ...box.notice, kept: box.kept.all.map(({ name }) => name) };
    this.revision++;
  }
}
