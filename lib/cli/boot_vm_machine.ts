import { join } from "@std/path";
import { hostCommand } from "../build/host_command.ts";
import { BuildFailure } from "../build/mod.ts";
import { ConsoleWatch, type StopReason } from "./boot_vm_console.ts";
import { Keyboard } from "./boot_vm_keyboard.ts";

/** What a virtual machine boots, and its hardware. */
export interface VmSettings {
  /** The kernel, and the initramfs for it: files of the host. */
  readonly vmlinuz: string;
  readonly initrd: string;
  /** Words of the kernel's command line, beside those for the console. */
  readonly words: readonly string[];
  /** Arguments of QEMU for more hardware: disks, network cards. */
  readonly hardware: readonly string[];
}

/** A second Ctrl-C within this time, in ms, is the first one again: a terminal and `deno task` both pass it on. */
const ECHO = 500;
/** Memory of the machine in MiB: half of it is for what an initramfs unpacks to. */
const MEMORY = 1024;
/** Ctrl-Alt-Del on the machine's keyboard: the one request to end that every kernel passes on, without any driver. */
const REQUEST = { execute: "send-key", arguments: { keys: ["ctrl", "alt", "delete"].map(qcode) } };

function qcode(data: string) {
  return { type: "qcode", data };
}

/** @throws {BuildFailure} If this machine cannot run virtual machines. */
export async function requireEmulator(): Promise<void> {
  const packages = { "qemu-system-x86_64": "qemu-system-x86", setpriv: "util-linux" };
  for (const [program, debian] of Object.entries(packages)) {
    await hostCommand(["sh", "-c", 'command -v "$1"', "sh", program]).catch(() => {
      throw new BuildFailure(
        `cannot start a virtual machine: there is no ${program}`,
        `install it (Debian: apt-get install ${debian})`,
      );
    });
  }
}

/**
 * Runs a virtual machine with its console on this terminal, until it ends.
 *
 * QEMU emulates the processor: where virtual machines are nested, KVM may exist and hang. The machine is held still
 * when it stops, until it was seen why, as QEMU's exit code does not tell.
 *
 * @param say Tells the user something, one line at a time.
 * @param booted Called once its boot is through.
 * @returns As {@linkcode ConsoleWatch.judge}.
 * @throws {BuildFailure} If QEMU does not start.
 */
export async function runVirtualMachine(
  settings: VmSettings,
  say: (line: string) => void,
  booted: () => void,
): Promise<readonly [summary: string, code: number]> {
  const folder = await Deno.makeTempDir({ prefix: "denit-vm-" });
  try {
    const run = new Run(settings, join(folder, "monitor"), say);
    return await run.toEnd(booted);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

class Run {
  readonly #say: (line: string) => void;
  readonly #listener: Deno.UnixListener;
  readonly #emulator: Deno.ChildProcess;
  readonly #watch = new ConsoleWatch();
  #monitor: Deno.UnixConn | null = null;
  #reason: StopReason = null;
  #asked = 0;
  #askedAt = -Infinity;

  constructor(settings: VmSettings, monitor: string, say: (line: string) => void) {
    this.#say = say;
    // We listen and QEMU connects, so that nobody has to wait for the other's socket to appear.
    this.#listener = Deno.listen({ transport: "unix", path: monitor });
    const { vmlinuz, initrd, words, hardware } = settings;
    // On a busy host a kernel may find too few ticks where it looks whether its timer works, and panic.
    const line = ["console=ttyS0", "panic=-1", "quiet", "no_timer_check", ...words].join(" ");
    this.#emulator = new Deno.Command("setpriv", {
      args: [
        // Dies with us, even if we are killed.
        "--pdeathsig=KILL",
        "qemu-system-x86_64",
        ...["-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", String(MEMORY)],
        ...["-nodefaults", "-no-user-config", "-display", "none"],
        ...["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"],
        ...["-chardev", `socket,id=monitor,path=${monitor}`, "-mon", "chardev=monitor,mode=control"],
        ...["-action", "reboot=shutdown,shutdown=pause", "-device", "virtio-rng-pci", ...hardware],
        ...["-kernel", vmlinuz, "-initrd", initrd, "-append", line],
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
  }

  async toEnd(booted: () => void): Promise<readonly [summary: string, code: number]> {
    const press = () => this.#press();
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
    for (const signal of signals) Deno.addSignalListener(signal, press);
    const typed = Deno.stdin.isTerminal();
    if (typed) Deno.stdin.setRaw(true);
    try {
      const monitor = this.#followMonitor();
      // Nobody waits for the next key: the machine may end first.
      if (typed) this.#passKeys().catch(() => {});
      await this.#show(booted);
      await this.#emulator.status;
      await monitor;
      return this.#watch.judge(this.#reason);
    } finally {
      if (typed) Deno.stdin.setRaw(false);
      for (const signal of signals) Deno.removeSignalListener(signal, press);
      this.#kill();
    }
  }

  /** Shows the console. Where that goes to a file, lines do not end as on a teletype. */
  async #show(booted: () => void): Promise<void> {
    const terminal = Deno.stdout.isTerminal();
    const decoder = new TextDecoder(), encoder = new TextEncoder();
    for await (const bytes of this.#emulator.stdout) {
      const text = decoder.decode(bytes, { stream: true });
      const shown = terminal ? bytes : encoder.encode(text.replaceAll("\r", ""));
      for (let done = 0; done < shown.length;) done += await Deno.stdout.write(shown.subarray(done));
      const before = this.#watch.booted;
      this.#watch.take(text);
      if (before === null && this.#watch.booted !== null) booted();
    }
  }

  async #passKeys(): Promise<void> {
    const keyboard = new Keyboard(() => this.#press());
    const writer = this.#emulator.stdin.getWriter();
    const buffer = new Uint8Array(1024);
    for (;;) {
      const count = await Deno.stdin.read(buffer);
      if (count === null) return;
      const keys = keyboard.take(buffer.subarray(0, count));
      if (keys.length > 0) await writer.write(keys);
    }
  }

  /** Follows QEMU's machine protocol until it hangs up: docs/interop/qmp-spec in QEMU. */
  async #followMonitor(): Promise<void> {
    const ended = this.#emulator.status.then(({ code }) => {
      throw new BuildFailure(
        `cannot start a virtual machine: QEMU has ended with exit code ${code}`,
        "see above for what it says",
      );
    });
    ended.catch(() => {});
    try {
      this.#monitor = await Promise.race([this.#listener.accept(), ended]);
    } finally {
      this.#listener.close();
    }
    try {
      await this.#tell({ execute: "qmp_capabilities" });
      await this.#readMonitor(this.#monitor.readable);
    } catch (error) {
      // QEMU has ended without having read all that it was told.
      if (!(error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe)) {
        throw error;
      }
    }
  }

  async #readMonitor(monitor: ReadableStream<Uint8Array>): Promise<void> {
    let text = "";
    const decoder = new TextDecoder();
    for await (const bytes of monitor) {
      const lines = (text + decoder.decode(bytes, { stream: true })).split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        const { event, data } = JSON.parse(line);
        // The second one is that of our own quit.
        if (event !== "SHUTDOWN" || this.#reason !== null) continue;
        this.#reason = data.reason;
        // The machine stands still now, with everything told; QEMU need not.
        await this.#tell({ execute: "quit" });
      }
    }
  }

  async #tell(command: unknown): Promise<void> {
    let bytes = new TextEncoder().encode(`${JSON.stringify(command)}\n`);
    while (bytes.length > 0) bytes = bytes.subarray(await this.#monitor?.write(bytes) ?? bytes.length);
  }

  #press(): void {
    const now = performance.now();
    if (now - this.#askedAt < ECHO) return;
    this.#askedAt = now;
    this.#asked++;
    if (this.#asked === 1) this.#say("shutting down; once more hurries, a third time cuts the power");
    if (this.#asked >= 3) return this.#kill();
    this.#tell(REQUEST).catch(() => this.#kill());
  }

  #kill(): void {
    try {
      this.#emulator.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  }
}
