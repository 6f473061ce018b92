import type { Mailbox as Rights } from "../define/readiness.ts";
import type { Millis } from "../define/time.ts";
import type { ServiceId } from "../graph/graph.ts";
import type { Fd, Os, Pid } from "../os/os.ts";
import type { Failure } from "../supervisor/mod.ts";
import type { Attempt } from "./attempt.ts";
import { type Kept, KeptDescriptors } from "./kept_descriptors.ts";
import { type Notice, presentable, silence } from "./notice.ts";

/** Somebody who waits for a service to have read its configuration. */
export interface ReloadWait {
  /** What was said before is of another reload. */
  readonly since: Millis;
  /** Whether it has said that it does. */
  begun: boolean;
  /** Told why it has not worked; null if it has. */
  readonly done: (fault: string | null) => void;
}

/** Entries of the journal that one process of a service can bring about by what it says: no disk is filled by words. */
const MOST_ENTRIES = 100;

/** A mailbox as one driver leaves it to the next: plain data, but for the descriptors. */
export interface LeftMailbox {
  readonly fd: Fd;
  readonly path: string;
  readonly notice: Notice;
  readonly former: readonly Pid[];
  readonly period: Millis | null;
  readonly armed: boolean;
  readonly alarm: Mailbox["alarm"];
  readonly kept: readonly Kept[];
}

/** The mailbox of one service, and what is known by it. It outlives the processes of the service. */
export class Mailbox {
  notice: Notice = silence;
  /** The main process, while it lives. */
  attempt: Attempt | null = null;
  /** Main processes before that, of which others may have group or session. */
  readonly former = new Set<Pid>();
  /** How often it has to say that it lives; null if it need not. */
  period: Millis | null;
  /** Whether it is ready, and has to say that it lives. */
  armed = false;
  /** When it must have said something or have ended, or what it is taken for. */
  alarm: { readonly at: Millis; readonly failure: Failure } | null = null;
  reload: ReloadWait | null = null;
  #entries = 0;
  readonly kept: KeptDescriptors;

  constructor(
    os: Os,
    readonly id: ServiceId,
    readonly fd: Fd,
    readonly path: string,
    readonly rights: Rights,
  ) {
    this.period = rights.watchdog;
    this.kept = new KeptDescriptors(os, rights.keep);
  }

  /** Its main process; 0 if there is none. */
  get pid(): Pid {
    return this.attempt?.pid ?? 0;
  }

  /** Describes it for the next driver. */
  leave(): LeftMailbox {
    const { fd, path, notice, former, period, armed, alarm, kept } = this;
    return { fd, path, notice, former: [...former], period, armed, alarm, kept: kept.all };
  }

  /** Goes on with what another driver has left, of a process that is up. */
  take({ notice, former, period, armed, alarm, kept }: LeftMailbox, attempt: Attempt | null): void {
    this.notice = notice;
    for (const pid of former) this.former.add(pid);
    this.period = period;
    this.armed = armed;
    this.alarm = alarm;
    this.attempt = attempt;
    this.kept.take(kept);
  }

  /** A new process has been started: what was said before is of another one. */
  begin(attempt: Attempt): void {
    this.attempt = attempt;
    this.former.clear();
    this.#entries = 0;
    this.notice = { ...silence, kept: this.notice.kept };
    this.period = this.rights.watchdog;
    this.armed = false;
    this.alarm = null;
  }

  /** Its process has ended. */
  end(): void {
    this.attempt = null;
    this.armed = false;
    this.alarm = null;
    this.notice = { ...this.notice, doing: null };
    this.endReload("it has ended meanwhile");
  }

  /** It is ready: from now on it has to say that it lives. */
  arm(now: Millis): void {
    this.armed = true;
    this.pet(now);
  }

  /** It lives. Once it is about to end it need not say so. */
  pet(now: Millis): void {
    if (!this.armed || this.notice.doing === "stopping") return;
    const after = this.period;
    this.alarm = after === null ? null : { at: now + after, failure: { type: "watchdog", after } };
  }

  /** Whether what it says now shall be in the journal. */
  mayTell(): boolean {
    return ++this.#entries <= MOST_ENTRIES;
  }

  /** Notes that something was refused, for whoever looks. */
  refuse(what: string): void {
    const count = (this.notice.refused?.count ?? 0) + 1;
    this.notice = { ...this.notice, refused: { count, last: presentable(what) } };
  }

  /** Tells whoever waits for a reload. */
  endReload(fault: string | null): void {
    const { reload } = this;
    this.reload = null;
    reload?.done(fault);
  }
}
