import { messageOf } from "../define/message_of.ts";
import type { Driver } from "../driver/mod.ts";
import type { Graph } from "../graph/graph.ts";
import { disableCtrlAltDel, readKernelFile } from "../os/linux/mod.ts";
import type { Os } from "../os/os.ts";
import type { Power } from "../supervisor/mod.ts";
import type { Account } from "./account.ts";
import { endMachine } from "./end_machine.ts";
import { HardwareWatchdog } from "./hardware_watchdog.ts";
import { type KernelCommandLine, parseKernelCommandLine } from "./kernel_command_line.ts";
import { watchPowerKeys } from "./power_key.ts";
import { rescueShell } from "./rescue_shell.ts";

/** What is ours to do where this is the init of a whole machine. */
export class Machine {
  readonly line: KernelCommandLine;
  readonly watchdog: HardwareWatchdog | null;
  readonly #os: Os;
  readonly #account: Account;

  constructor(graph: Graph, os: Os, account: Account) {
    this.#os = os;
    this.#account = account;
    this.line = parseKernelCommandLine(readKernelFile("/proc/cmdline"));
    for (const fault of this.line.faults) account.complain(fault);
    const settings = graph.hardwareWatchdog;
    const report = (fault: string) => account.complain(fault);
    this.watchdog = settings === null ? null : new HardwareWatchdog(settings, os.now(), report);
    // A device that is there guards us before the first service, whose `run` may be what hangs.
    this.watchdog?.ring(os.now());
    this.#attempt(disableCtrlAltDel);
  }

  /** Listens to power keys as long as a driver runs. */
  listen(driver: Driver, pressed: () => void): void {
    this.#attempt(() => watchPowerKeys(driver, this.#os, pressed));
  }

  /** A shell on the console, until it is left. */
  async shell(why: string, then: string): Promise<void> {
    const say = (text: string) => this.#account.say(text);
    await this.#account.settle();
    await rescueShell(this.#os, { why, then, say }, this.watchdog);
  }

  /** Ends it. It does not return. */
  end(power: Power): Promise<never> {
    return endMachine(power, {
      os: this.#os,
      say: (text) => this.#account.say(text),
      shown: () => this.#account.settle(),
      watchdog: this.watchdog,
    });
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#account.complain(messageOf(error));
    }
  }
}
