import { join } from "@std/path";
import { killLeft } from "../fixtures/kill_left.ts";
import { type Channel, CHANNELS, emulatorCommand, type MachineSettings } from "./emulator_arguments.ts";
import { Monitor, type MonitorEvent } from "./monitor.ts";
import { inTime, PATIENCE, TextStream } from "./text_stream.ts";

/**
 * Why a machine has ended: it was switched off by its own kernel, rebooted by
 * it, has panicked, was ended or reset by the watchdog, ended from outside
 * through the monitor, or killed, as if the power had failed. For QEMU a
 * reboot and a panic are one, `guest-reset`; the console tells them apart.
 */
export type End = "guest-shutdown" | "guest-reset" | "panic" | "watchdog" | "host" | "killed";

/** What came of a command in a machine. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How many of the last lines of the console an error shows. */
const LINES_SHOWN = 60;

/**
 * A machine that QEMU emulates. All that can be awaited is an event, has a
 * deadline, and fails with the last lines of the console. Disposing of it ends
 * QEMU, and leaves nothing but the disks.
 *
 * @example
 * ```ts ignore
 * await using machine = await VirtualMachine.start({ kernel: await kernel(), initrd });
 * await machine.line(/booted in/);
 * assertEquals(await machine.ended(), "guest-shutdown");
 * ```
 */
export class VirtualMachine implements AsyncDisposable {
  readonly #folder: string;
  readonly #process: Deno.ChildProcess;
  readonly #console = new TextStream();
  readonly #complaints = new TextStream();
  readonly #reports = new TextStream();
  readonly #answers = new TextStream();
  readonly #events: MonitorEvent[] = [];
  readonly #tasks: Promise<unknown>[];
  readonly #end: Promise<End>;
  readonly #channels = new Map<Channel, Deno.UnixConn>();
  readonly #monitor = new Monitor((text) => this.#send("monitor", text));
  /** What units have reported, each JSON value once, in order; ends when the machine has. */
  readonly results: AsyncGenerator<unknown, void, undefined>;
  readonly #keyboard: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  #killed = false;
  #commands = 0;

  /** Starts a machine; it is on when this settles. */
  static async start(settings: MachineSettings): Promise<VirtualMachine> {
    const folder = await Deno.makeTempDir({ prefix: "denit-vm-" });
    const socketOf = (channel: Channel) => join(folder, channel);
    // We listen and QEMU connects, so that nobody has to wait for the other's sockets to appear.
    const listeners = CHANNELS.map((channel) => Deno.listen({ transport: "unix", path: socketOf(channel) }));
    let machine: VirtualMachine | null = null;
    try {
      machine = new VirtualMachine(folder, emulatorCommand(settings, socketOf));
      await machine.#connect(listeners);
      return machine;
    } catch (error) {
      await machine?.[Symbol.asyncDispose]();
      if (machine === null) await Deno.remove(folder, { recursive: true });
      throw error;
    } finally {
      for (const listener of listeners) listener.close();
    }
  }

  private constructor(folder: string, [program, ...args]: [string, ...string[]]) {
    this.#folder = folder;
    this.#process = new Deno.Command(program, { args, stdin: "piped", stdout: "piped", stderr: "piped" })
      .spawn();
    this.#keyboard = this.#process.stdin.getWriter();
    this.#tasks = [
      this.#console.read(this.#process.stdout),
      this.#complaints.read(this.#process.stderr),
    ];
    this.#end = this.#awaitEnd();
    this.results = this.#readResults();
  }

  /** The pid of QEMU. */
  get pid(): number {
    return this.#process.pid;
  }

  /** What the console has shown so far: the kernel's messages and those of init. */
  get console(): string {
    return this.#console.text;
  }

  /** Why the kernel has panicked; null if it has not. */
  get panic(): string | null {
    return /Kernel panic - not syncing: (.*)/.exec(this.console)?.[1] ?? null;
  }

  /** The events of QEMU so far. */
  get events(): readonly MonitorEvent[] {
    return this.#events;
  }

  /** Waits until the console shows something, or has shown it before; the first match. */
  line(pattern: RegExp, patience: number = PATIENCE): Promise<RegExpExecArray> {
    return this.#expect(this.#console.match(pattern), `${pattern} on the console`, patience);
  }

  /** Waits for the next report of a unit. */
  async result(patience: number = PATIENCE): Promise<unknown> {
    const { value, done } = await this.#expect(this.results.next(), "a report", patience);
    if (done === true) throw this.#failure("the machine has ended and reports nothing more");
    return value;
  }

  /**
   * Runs a command of the shell in the machine, by the service in
   * `guest/shell.ts`; one after the other.
   */
  async run(command: string, patience: number = PATIENCE): Promise<Ran> {
    const id = await this.tell(command);
    const answer = this.#answers.match(new RegExp(`^${id} (\\d+) (\\S*)\\.(\\S*)$`, "m"));
    const [, code, stdout = "", stderr = ""] = await this.#expect(answer, `the end of ${command}`, patience);
    return { code: Number(code), stdout: fromBase64(stdout), stderr: fromBase64(stderr) };
  }

  /** Runs a command that must succeed; its standard output. */
  async output(command: string, patience: number = PATIENCE): Promise<string> {
    const { code, stdout, stderr } = await this.run(command, patience);
    if (code !== 0) throw this.#failure(`${command} has failed with exit code ${code}: ${stderr || stdout}`);
    return stdout;
  }

  /** Starts a command as {@linkcode run} does, and does not wait: the machine may be gone before it ends. */
  async tell(command: string): Promise<number> {
    const id = ++this.#commands;
    const bytes = new TextEncoder().encode(command);
    await this.#send("shell", `${id} ${bytes.toBase64()}\n`);
    return id;
  }

  /** Types on the serial console, `\n` for the Enter key. */
  async type(text: string): Promise<void> {
    await this.#keyboard.write(new TextEncoder().encode(text.replaceAll("\n", "\r")));
  }

  /** Has QEMU do something, such as `system_powerdown` or `system_reset`; its answer. */
  qmp(command: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    return this.#expect(this.#monitor.ask(command, parameters), `QEMU's answer to ${command}`);
  }

  /** Waits for the end of the machine, and tells why. */
  ended(patience: number = PATIENCE): Promise<End> {
    return this.#expect(this.#end, "the end of the machine", patience);
  }

  /** Cuts the power. What the machine has written to its disks is there; what it had only in memory is not. */
  kill(): void {
    this.#killed = true;
    killLeft(this.#process);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.#process.status;
    // There is nobody to whom the last words could still go.
    await this.#keyboard.close().catch(() => {});
    // Read to their ends, the connections close themselves.
    await Promise.allSettled(this.#tasks);
    await Deno.remove(this.#folder, { recursive: true });
  }

  /** Takes QEMU's connections, which it makes before the machine is on. */
  async #connect(listeners: readonly Deno.UnixListener[]): Promise<void> {
    const gone = this.#process.status.then(({ code }) => {
      throw this.#failure(`QEMU has ended with exit code ${code} before the machine was on`);
    });
    gone.catch(() => {});
    const streams = { monitor: new TextStream(), result: this.#reports, shell: this.#answers };
    for (const [index, channel] of CHANNELS.entries()) {
      const accepted = Promise.race([listeners[index]!.accept(), gone]);
      const connection = await this.#expect(accepted, `QEMU to connect its ${channel}`);
      this.#channels.set(channel, connection);
      this.#tasks.push(streams[channel].read(connection.readable));
    }
    this.#tasks.push(this.#monitor.follow(streams.monitor, (event) => this.#note(event)));
    await this.qmp("qmp_capabilities");
  }

  #note(event: MonitorEvent): void {
    this.#events.push(event);
    // The machine stands still now, with everything told; QEMU need not.
    if (event.event === "SHUTDOWN") this.#monitor.ask("quit").catch(() => {});
  }

  async #awaitEnd(): Promise<End> {
    await this.#process.status;
    await Promise.allSettled(this.#tasks);
    if (this.#events.some(({ event }) => event === "WATCHDOG")) return "watchdog";
    const reason = this.#events.find(({ event }) => event === "SHUTDOWN")?.data.reason;
    if (reason === "guest-reset" && this.panic !== null) return "panic";
    if (reason === "guest-shutdown" || reason === "guest-reset") return reason;
    return this.#killed ? "killed" : "host";
  }

  async *#readResults(): AsyncGenerator<unknown, void, undefined> {
    for await (const line of this.#reports.lines()) yield JSON.parse(line);
  }

  async #send(channel: Channel, text: string): Promise<void> {
    const connection = this.#channels.get(channel);
    if (connection === undefined) throw new Error(`there is no connection for ${channel}`);
    let bytes = new TextEncoder().encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(await connection.write(bytes));
  }

  async #expect<T>(awaited: Promise<T>, what: string, patience: number = PATIENCE): Promise<T> {
    try {
      return await inTime(awaited, what, patience);
    } catch (error) {
      throw this.#failure(error instanceof Error ? error.message : String(error), error);
    }
  }

  #failure(message: string, cause?: unknown): Error {
    const shown = this.console.trimEnd().split("\n").slice(-LINES_SHOWN).join("\n");
    const complaints = this.#complaints.text.trim();
    const events = this.#events.map((event) => JSON.stringify(event)).join("\n");
    return new Error(
      `${message}\n--- QEMU ---\n${complaints}\n${events}\n--- the end of the console ---\n${shown}`,
      { cause },
    );
  }
}

function fromBase64(text: string): string {
  return new TextDecoder().decode(Uint8Array.fromBase64(text));
}
