import type { Millis } from "../define/time.ts";
import { type Graph, nodeOf, type ServiceId } from "../graph/graph.ts";
import type { Fd, Letter, Os, Pid } from "../os/os.ts";
import type { SdMessage } from "../readiness/mod.ts";
import type { Event, Failure, State } from "../supervisor/mod.ts";
import type { Attempt } from "./attempt.ts";
import type { Mailbox } from "./mailbox.ts";
import { presentable } from "./notice.ts";
import { familyOf, moveObstacle } from "./sender.ts";

/** What hearing services needs of the driver. */
export interface NotifySettings {
  readonly graph: Graph;
  readonly os: Os;
  /** Where the mailboxes are. */
  readonly folder: string;
  readonly state: () => State;
  /** Passes a message on to the readiness protocol of an attempt. */
  readonly observe: (attempt: Attempt, bytes: Uint8Array) => void;
  /** Tells the supervisor. */
  readonly report: (event: Event) => void;
  /** Makes another process the one of an attempt. */
  readonly move: (attempt: Attempt, pid: Pid) => void;
  /** Whether somebody else is known to have this process. */
  readonly isKnown: (pid: Pid) => boolean;
  /** Whether a process is in the cgroup of a service. */
  readonly holds: (id: ServiceId, pid: Pid) => boolean;
  /** Writes into the journal. */
  readonly note: (id: ServiceId, event: string, details: { readonly [key: string]: string }) => void;
}

/** How often a service may change its main process. */
const MOST_MOVES = 16;

/** Does what services say by sd_notify(3), once it is known that they may say it. */
export class Listener {
  readonly #settings: NotifySettings;
  readonly #noteKept: (box: Mailbox) => void;

  /** @param noteKept Told of a mailbox of which other descriptors are kept than before. */
  constructor(settings: NotifySettings, noteKept: (box: Mailbox) => void) {
    this.#settings = settings;
    this.#noteKept = noteKept;
  }

  /** Does what a message says. */
  obey(box: Mailbox, letter: Letter, message: SdMessage): void {
    const { os, observe } = this.#settings;
    const attempt = box.attempt!;
    const now = os.now();
    for (const fault of message.faults) box.refuse(fault);
    if (message.mainPid !== undefined) this.#move(box, letter, message.mainPid);
    if (message.status !== undefined) {
      const text = message.status === "" ? null : presentable(message.status);
      box.notice = { ...box.notice, text };
    }
    for (const line of message.complaints) this.#complain(box, line);
    if (message.reloading) this.#noteReloading(box, message);
    const waited = attempt.observed;
    if (waited) observe(attempt, letter.bytes);
    if (message.ready && !attempt.observed) {
      if (waited) box.arm(now);
      else if (box.notice.doing === "reloading") this.#noteReloaded(box);
    }
    if (message.stopping && box.notice.doing !== "stopping") this.#noteStopping(box, now);
    if (message.extend !== undefined) this.#extend(box, now + message.extend);
    if (message.watchdogPeriod !== undefined) {
      box.period = message.watchdogPeriod === 0 ? null : message.watchdogPeriod;
      box.pet(now);
    }
    if (message.watchdog === "alive") box.pet(now);
    if (message.watchdog === "trigger") this.fail(attempt, { type: "watchdog", after: null });
    if (letter.fds.length > 0 || message.descriptors !== undefined) this.#keep(box, message, letter.fds);
  }

  /** Tells that something has failed although it lives. */
  fail({ id, attempt }: Attempt, failure: Failure): void {
    this.#settings.report({ type: "failed", id, attempt, failure });
  }

  #move(box: Mailbox, letter: Letter, pid: Pid): void {
    if (pid === box.pid) return;
    const { os, isKnown, holds, move } = this.#settings;
    // Each one is followed until it has ended.
    if (box.former.size >= MOST_MOVES) return box.refuse(`MAINPID=${pid}: it has changed too often`);
    const obstacle = moveObstacle(os, { ...familyOf(box, holds), isKnown }, letter, pid);
    if (obstacle !== null) return box.refuse(`MAINPID=${pid}: ${obstacle}`);
    box.former.add(box.pid);
    move(box.attempt!, pid);
  }

  #tell(box: Mailbox, event: string, details: { readonly [key: string]: string } = {}): void {
    if (box.mayTell()) this.#settings.note(box.id, event, details);
  }

  #complain(box: Mailbox, line: string): void {
    if (box.notice.complaints.includes(line)) return;
    box.notice = { ...box.notice, complaints: [...box.notice.complaints.slice(-2), line] };
    this.#tell(box, "complained", { line });
  }

  #noteReloading(box: Mailbox, { sentAt = Infinity }: SdMessage): void {
    if (box.attempt!.observed) return;
    if (box.reload !== null && sentAt >= box.reload.since) box.reload.begun = true;
    if (box.notice.doing === "stopping") return;
    box.notice = { ...box.notice, doing: "reloading" };
    this.#tell(box, "reloading");
  }

  #noteReloaded(box: Mailbox): void {
    box.notice = { ...box.notice, doing: null };
    this.#tell(box, "reloaded");
    if (box.reload?.begun === true) box.endReload(null);
  }

  #keep(box: Mailbox, message: SdMessage, fds: readonly Fd[]): void {
    const fault = box.kept.obey(message, fds);
    if (fault !== null) box.refuse(fault);
    this.#noteKept(box);
  }

  /** It is about to end. If nobody has asked it to, it has the time that it would have then. */
  #noteStopping(box: Mailbox, now: Millis): void {
    const { graph } = this.#settings;
    box.notice = { ...box.notice, doing: "stopping" };
    if (this.#phaseOf(box) === "stopping") return;
    const after = nodeOf(graph, box.id).policy.stopTimeout;
    box.alarm = { at: now + after, failure: { type: "lingering", after } };
    this.#tell(box, "endsItself");
  }

  #extend(box: Mailbox, until: Millis): void {
    const { alarm, id, attempt } = box;
    const phase = this.#phaseOf(box);
    if (phase === "starting" || phase === "stopping") {
      this.#settings.report({ type: "extended", id, attempt: attempt!.attempt, until });
    } else if (alarm?.failure.type === "lingering" && alarm.at < until) {
      box.alarm = { ...alarm, at: until };
    }
  }

  #phaseOf({ id }: Mailbox): string {
    return this.#settings.state().services[id]!.phase.phase;
  }
}
