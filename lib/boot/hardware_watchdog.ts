import { messageOf } from "../define/message_of.ts";
import type { HardwareWatchdog as Settings } from "../define/system.ts";
import type { Millis } from "../define/time.ts";
import {
  closeWatchdog,
  openWatchdog,
  petWatchdog,
  type PowerCommand,
  setWatchdogTimeout,
  watchdogTimeout,
} from "../os/linux/mod.ts";
import type { Fd } from "../os/os.ts";
import type { Alarm } from "./alarms.ts";

/** The driver of the device may be loaded during the boot: it is looked for often at first, then now and then. */
const LOOK: Millis = 1000, LOOK_LATER: Millis = 30_000, MISSED_AFTER: Millis = 30_000;
/** How often it is petted in the time of a timeout: one late time does no harm then. */
const PER_TIMEOUT = 3;
/** Timeouts over a restart, the best first: firmware and the next kernel must be through in it, and not all can be set. */
const HANDED_OVER: readonly Millis[] = [600_000, 240_000];

/**
 * Pets the hardware watchdog, which resets the machine when nobody does. It is rung by the driver's loop alone, so that
 * a loop that hangs, or a kernel, is what it guards against.
 */
export class HardwareWatchdog implements Alarm {
  readonly #device: string;
  readonly #timeout: Millis;
  readonly #say: (fault: string) => void;
  readonly #missedAt: Millis;
  readonly #told = new Set<string>();
  #fd: Fd | null = null;
  #period: Millis;
  #due: Millis;

  /** @param report Told what is wrong, once each. */
  constructor(settings: Settings, now: Millis, report: (fault: string) => void) {
    this.#device = settings.device ?? "/dev/watchdog";
    this.#timeout = settings.timeout;
    this.#say = report;
    this.#missedAt = now + MISSED_AFTER;
    this.#period = settings.timeout / PER_TIMEOUT;
    this.#due = now;
  }

  due(): Millis {
    return this.#due;
  }

  ring(now: Millis): void {
    if (now < this.#due) return;
    if (this.#fd === null) this.#open(now);
    if (this.#fd !== null) this.#pet(this.#fd, now);
  }

  /**
   * The last that is done with it before the machine ends. It stays armed over a restart, so that a kernel or firmware
   * that hangs on the way does not need somebody to come; most devices stop at a restart anyway. What was switched off
   * or halted must not come up again by itself, and a kernel that was started by another one may have no driver for
   * the device: for these it is disarmed. Where the kernel forbids that, the long timeout is all that there is.
   */
  handOver(command: PowerCommand): void {
    const fd = this.#fd;
    if (fd === null) return;
    this.#fd = null;
    this.#due = Infinity;
    try {
      HANDED_OVER.some((timeout) => this.#set(fd, timeout) === null);
      closeWatchdog(fd, command !== "restart");
    } catch (error) {
      this.#report(messageOf(error));
    }
  }

  #open(now: Millis): void {
    try {
      this.#fd = openWatchdog(this.#device);
    } catch (error) {
      const late = now >= this.#missedAt;
      if (late) this.#report(`no watchdog guards this machine: ${messageOf(error)}`);
      this.#due = now + (late ? LOOK_LATER : LOOK);
      return;
    }
    const refused = this.#set(this.#fd, this.#timeout);
    const timeout = watchdogTimeout(this.#fd) ?? this.#timeout;
    if (refused !== null) this.#report(`${refused}; it stays at ${timeout / 1000} s`);
    this.#period = timeout / PER_TIMEOUT;
  }

  #pet(fd: Fd, now: Millis): void {
    this.#due = now + this.#period;
    try {
      petWatchdog(fd);
    } catch (error) {
      this.#report(messageOf(error));
      this.#fd = null;
      closeWatchdog(fd, false);
    }
  }

  /** A device that fails does so each time that it is petted. */
  #report(fault: string): void {
    if (!this.#told.has(fault)) this.#say(fault);
    this.#told.add(fault);
  }

  #set(fd: Fd, timeout: Millis): string | null {
    try {
      setWatchdogTimeout(fd, timeout);
      return null;
    } catch (error) {
      return messageOf(error);
    }
  }
}
