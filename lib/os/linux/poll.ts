/** epoll(7) and eventfd(2): one place that knows what is ready, and a sleep until something is. */
import type { Millis } from "../../define/time.ts";
import type { Fd, Pid } from "../os.ts";
import { checked, errno, failure, libc } from "./libc.ts";

/** From <sys/epoll.h>. */
const EPOLLIN = 0x001, EPOLLOUT = 0x004, EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3;
/** From <sys/eventfd.h>. */
const EFD_NONBLOCK = 0o4000, EFD_CLOEXEC = 0o2000000;
/** From <errno.h>. */
const EEXIST = 17;

/** The most events that one look reports; the kernel gives the rest their turn at the next look. */
const BATCH = 256;
/** Words of struct epoll_event, which is packed on x86-64: u32 events at 0, u64 data at 4. */
export const WORDS = 3;
/** The longest time that epoll_wait(2) takes, in milliseconds. */
const INT_MAX = 0x7fff_ffff;

/** What a descriptor in the epoll set stands for; kept in the upper half of the data of its event. */
const WATCHED = 0, PROCESS = 1, WAKE = 2;

/** What was ready at one look. */
export interface Ready {
  readonly readable: Fd[];
  readonly writable: Fd[];
  /** Processes whose pidfd says that they have ended. */
  readonly ended: Pid[];
}

/** The epoll set of one {@linkcode linuxOs}. */
export class Poller {
  readonly #epoll: Fd;
  readonly #wake: Fd;
  readonly #watched = new Set<Fd>();
  readonly #event = new Uint32Array(WORDS);
  readonly #events = new Uint32Array(WORDS * BATCH);
  readonly #counter = new Uint8Array(8);
  /**
   * The sleeping thread writes here at any time, so that nothing else may use it. It has an ArrayBuffer of its own as
   * V8 may keep a small array without one inside its heap, where the next garbage collection moves it.
   */
  readonly #sleepEvent = new Uint32Array(new ArrayBuffer(WORDS * 4));
  #sleeping = false;

  /** @throws {OsError} EMFILE or ENFILE. */
  constructor() {
    this.#epoll = checked(libc.epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    try {
      this.#wake = checked(libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd");
    } catch (error) {
      libc.close(this.#epoll);
      throw error;
    }
    this.#add(this.#wake, WAKE, 0);
  }

  /** Reports `fd` whenever it is readable or at its end. @throws {OsError} EPERM for a regular file, as epoll_ctl(2). */
  watch(fd: Fd): void {
    this.#add(fd, WATCHED, fd);
    this.#watched.add(fd);
  }

  /** Reports `fd`, as readable, when it has an error or the other side is gone: of that epoll tells in any case. */
  watchEnd(fd: Fd): void {
    this.#add(fd, WATCHED, fd, 0);
    this.#watched.add(fd);
  }

  /** Reports when a descriptor that is watched takes bytes, instead of when it is readable; or the other way round again. */
  watchWrite(fd: Fd, on: boolean): void {
    this.#event.set([on ? EPOLLOUT : EPOLLIN, fd, WATCHED]);
    checked(libc.epoll_ctl(this.#epoll, EPOLL_CTL_MOD, fd, this.#event), "watch", fd);
  }

  /** Reports the end of a process through its pidfd. @throws {OsError} As epoll_ctl(2). */
  watchProcess(pidfd: Fd, pid: Pid): void {
    this.#add(pidfd, PROCESS, pid);
  }

  /** Forgets `fd`. Closing it would not do: a child that has a copy would keep it in the set, out of our reach. */
  unwatch(fd: Fd): void {
    if (this.#watched.delete(fd)) libc.epoll_ctl(this.#epoll, EPOLL_CTL_DEL, fd, this.#event);
  }

  /**
   * Looks what is ready, and waits for it if nothing is.
   *
   * @param timeout Longest wait, in whole milliseconds: nothing else of JavaScript goes on meanwhile.
   */
  look(timeout: Millis): Ready {
    const readable: Fd[] = [];
    const writable: Fd[] = [];
    const ended: Pid[] = [];
    const events = this.#events;
    const count = libc.epoll_wait(this.#epoll, events, BATCH, timeout);
    for (let at = 0; at < count * WORDS; at += WORDS) {
      const subject = events[at + 1]!;
      const kind = events[at + 2]!;
      // An error or a hang-up is for whoever reads: reading tells which of them it is.
      if (kind === WATCHED && events[at] !== EPOLLOUT) readable.push(subject);
      if (kind === WATCHED && (events[at]! & EPOLLOUT) !== 0) writable.push(subject);
      if (kind === PROCESS) ended.push(subject);
      if (kind === WAKE) libc.read(this.#wake, this.#counter, 8n);
    }
    return { readable, writable, ended };
  }

  /**
   * Sleeps in another thread, so that timers and sockets of JavaScript go on, until there may be something to see.
   *
   * @param timeout Longest sleep; `Infinity` sets no limit. Rounded up, as waking early would be a wait in vain.
   */
  async sleep(timeout: Millis): Promise<void> {
    this.#sleeping = true;
    const limit = timeout > INT_MAX ? (timeout === Infinity ? -1 : INT_MAX) : Math.max(0, Math.ceil(timeout));
    try {
      await libc.epoll_wait_blocking(this.#epoll, this.#sleepEvent, 1, limit);
    } finally {
      this.#sleeping = false;
    }
  }

  /** Ends a {@linkcode sleep} that is going on. */
  wake(): void {
    if (!this.#sleeping) return;
    this.#counter.fill(0);
    this.#counter[0] = 1;
    libc.write(this.#wake, this.#counter, 8n);
  }

  /** Closes the set. Not while a {@linkcode sleep} goes on, as nothing could wake it any more. */
  close(): void {
    libc.close(this.#wake);
    libc.close(this.#epoll);
  }

  #add(fd: Fd, kind: number, subject: number, events = EPOLLIN): void {
    this.#event[0] = events;
    this.#event[1] = subject;
    this.#event[2] = kind;
    if (libc.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, fd, this.#event) === -1 && errno() !== EEXIST) {
      throw failure("watch", fd);
    }
  }
}
