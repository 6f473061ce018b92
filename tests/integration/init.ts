/**
 * An init that runs: follows its journal and its console, and knows its processes.
 *
 * @module
 */
import { assert } from "@std/assert";
import { join } from "@std/path";
import { killLeft } from "../fixtures/kill_left.ts";

/** A line of the journal. */
export interface Entry {
  readonly t: number;
  readonly event: string;
  readonly service?: string;
  readonly [detail: string]: unknown;
}

/** How long something awaited may take. Far more than it takes: a machine may be busy. */
const DEADLINE = 30_000;

/** A variable that every process of a run carries, and no other process of the machine does. */
const MARK = "DENIT_TEST_RUN";

/** What surrounds an init. */
export interface InitOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What becomes of the console's lines. Default: they are read. */
  readonly console?: "read" | "unread" | "closed";
  /** Whether the command that starts it stays, and init is its child in a PID namespace of its own. */
  readonly nested?: boolean;
}

/** An init that runs, or has run. */
export class Init {
  readonly folder: string;
  readonly entries: Entry[] = [];
  /** What was printed so far. */
  console = "";
  /** The exit code, once there is one. */
  code: number | null = null;
  /** The same entries, so that nobody has to search through what others did. */
  readonly #byService = new Map<string, Entry[]>();
  readonly #mark = crypto.randomUUID();
  readonly #nested: boolean;
  readonly #child: Deno.ChildProcess;
  readonly #watcher: Deno.FsWatcher;
  readonly #tasks: Promise<unknown>[];
  #journalRead = 0;
  #rest = "";
  #changed = Promise.withResolvers<void>();

  constructor(
    folder: string,
    [program, ...args]: string[],
    { env = {}, console = "read", nested = false }: InitOptions,
  ) {
    this.folder = folder;
    this.#nested = nested;
    this.#watcher = Deno.watchFs(this.runtimeDir);
    this.#child = new Deno.Command(program!, {
      args,
      env: { ...env, [MARK]: this.#mark, NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#tasks = [this.#follow(this.#child.stderr), this.#followJournal()];
    if (console === "read") this.#tasks.push(this.#follow(this.#child.stdout));
    if (console === "closed") this.#tasks.push(this.#child.stdout.cancel());
    this.#tasks.push(this.#awaitEnd(console));
  }

  get runtimeDir(): string {
    return join(this.folder, "run");
  }

  get hasEnded(): boolean {
    return this.code !== null;
  }

  /** The pid of init, as we see it. */
  get pid(): number {
    const { pid } = this.#child;
    if (!this.#nested) return pid;
    return Number(Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim());
  }

  /** Waits until `find` finds something. It is asked whenever something was printed or journalled. */
  async until<T>(find: () => T | undefined | null | false, what: string): Promise<T> {
    const limit = Promise.withResolvers<void>();
    const timer = setTimeout(limit.resolve, DEADLINE);
    const end = performance.now() + DEADLINE;
    try {
      for (;;) {
        const changed = this.#changed.promise;
        const found = find();
        if (found !== undefined && found !== null && found !== false) return found;
        if (this.hasEnded) throw new Error(`init ended with ${this.code} before ${what}`);
        if (performance.now() >= end) throw new Error(`${what} did not come within ${DEADLINE} ms`);
        await Promise.race([changed, limit.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits for something of which nobody tells. */
  async eventually(
    holds: () => boolean | Promise<boolean>,
    what: string,
    deadline = DEADLINE,
  ): Promise<void> {
    const end = performance.now() + deadline;
    while (!await holds()) {
      if (performance.now() >= end) throw new Error(`${what} did not come within ${deadline} ms`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Waits for the entry number `count` of an event of a service. */
  event(event: string, service?: string, count = 1): Promise<Entry> {
    return this.until(() => this.all(event, service)[count - 1], `${event} ${service ?? ""} number ${count}`);
  }

  /** The entries of an event so far. */
  all(event: string, service?: string): Entry[] {
    const entries = service === undefined ? this.entries : this.of(service);
    return entries.filter((entry) => entry.event === event);
  }

  /** The entries about a service so far. */
  of(service: string): readonly Entry[] {
    return this.#byService.get(service) ?? [];
  }

  /** Waits until something is printed. */
  async says(text: string | RegExp): Promise<void> {
    const holds = () => typeof text === "string" ? this.console.includes(text) : text.test(this.console);
    await this.until(holds, `${text} on the console`);
  }

  /** What the console said of a service: the lines without their times. */
  told(service: string): string[] {
    const lines = this.console.split("\n").map((line) => line.replace(/^\[[ .\d]+\] /, ""));
    return lines.filter((line) => line.startsWith(`${service} `)).map((line) =>
      line.slice(service.length).trim()
    );
  }

  /** Waits until init has ended; its exit code. */
  async ended(): Promise<number> {
    await this.until(() => this.hasEnded, "the end of init");
    return this.code!;
  }

  /** The process of a service that is up, as init knows it. */
  livePid(service: string): number | null {
    const last = this.of(service).findLast(({ event }) => event === "spawned" || event === "exited");
    return last?.event === "spawned" ? Number(last.pid) : null;
  }

  /** Waits until a service is up in a process other than `before`, and tells its pid. */
  up(service: string, before: number | null = null): Promise<number> {
    return this.until(() => {
      const last = this.entries.findLast((entry) =>
        entry.service === service && "attempt" in entry && entry.event !== "ready" &&
        entry.event !== "spawned"
      );
      return last?.event === "up" && last.pid !== before ? Number(last.pid) : null;
    }, `${service} up${before === null ? "" : ` in another process than ${before}`}`);
  }

  /** What a service has printed, without the times before the lines. */
  async log(service: string): Promise<string> {
    const text = await Deno.readTextFile(join(this.runtimeDir, "log", `${service}.log`)).catch(() => "");
    return text.replace(/^\d{4}-\d\d-\d\dT[\d:.]{18}Z[ +]/gm, "");
  }

  /** Sends a signal to init. */
  signal(signal: Deno.Signal): void {
    if (!this.hasEnded) Deno.kill(this.pid, signal);
  }

  /** Sends a signal to a process of this run, by the pid that init knows; false if it is gone. */
  kill(known: number, signal: Deno.Signal): boolean {
    const pid = this.#nested ? this.processes().find((pid) => innerPid(pid) === known) ?? 0 : known;
    if (pid === 0 || !this.#isOurs(pid, true)) return false;
    try {
      Deno.kill(pid, signal);
      return true;
    } catch {
      return false;
    }
  }

  /** All processes of this run, init and zombies aside. */
  processes(): number[] {
    const found: number[] = [];
    for (const { name } of Deno.readDirSync("/proc")) {
      const pid = Number(name);
      if (Number.isInteger(pid) && (pid !== this.#child.pid || this.hasEnded) && this.#isOurs(pid, false)) {
        found.push(pid);
      }
    }
    return found;
  }

  /** The command lines of those processes. */
  commands(): string[] {
    return this.processes().map((pid) => {
      try {
        return Deno.readTextFileSync(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
      } catch {
        return "";
      }
    });
  }

  /** No service may ever have had two processes at once. */
  assertOneProcessEach(): void {
    const live = new Map<string, number>();
    for (const { event, service = "", pid } of this.entries) {
      if (event === "exited") live.delete(service);
      if (event !== "spawned") continue;
      assert(!live.has(service), `${service} got process ${pid} while ${live.get(service)} was alive`);
      live.set(service, Number(pid));
    }
    if (this.hasEnded && this.all("end").length > 0) {
      assert(live.size === 0, `init has ended, and knows of no end of ${[...live.keys()]}`);
    }
  }

  /** All that is known of this run, for whoever has to find out why a test failed. */
  record(): string {
    const journal = this.entries.slice(-150).map((entry) => JSON.stringify(entry).slice(0, 400)).join("\n");
    return `--- console\n${this.console.slice(-10_000)}\n--- journal\n${journal}\n---`;
  }

  /** Kills whatever is left of the run. */
  async dispose(): Promise<void> {
    if (!this.hasEnded) killLeft(this.#child);
    // A process that forks while we look is found the next time.
    for (let left = this.processes(); left.length > 0; left = this.processes()) {
      for (const pid of left) killLeft(pid);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    this.#watcher.close();
    await Promise.all(this.#tasks);
  }

  /** @param inExec What to say of a process that is in the middle of an execve(2), when its environment is empty. */
  #isOurs(pid: number, inExec: boolean): boolean {
    try {
      const environment = Deno.readTextFileSync(`/proc/${pid}/environ`);
      if (environment !== "") return environment.split("\0").includes(`${MARK}=${this.#mark}`);
      // Zombies and threads of the kernel have no program.
      return Deno.readLinkSync(`/proc/${pid}/exe`) !== "" && inExec;
    } catch {
      return false;
    }
  }

  #pulse(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async #follow(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.console += text;
      this.#pulse();
    }
  }

  async #followJournal(): Promise<void> {
    for await (const _change of this.#watcher) this.#readJournal();
  }

  #readJournal(): void {
    try {
      using file = Deno.openSync(join(this.runtimeDir, "boot.jsonl"));
      file.seekSync(this.#journalRead, Deno.SeekMode.Start);
      const buffer = new Uint8Array(1 << 20);
      for (let count = file.readSync(buffer); count !== null && count > 0; count = file.readSync(buffer)) {
        this.#journalRead += count;
        const lines = (this.#rest + new TextDecoder().decode(buffer.subarray(0, count))).split("\n");
        this.#rest = lines.pop()!;
        for (const line of lines) this.#note(JSON.parse(line));
        this.#pulse();
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  #note(entry: Entry): void {
    this.entries.push(entry);
    const { service } = entry;
    if (service === undefined) return;
    const known = this.#byService.get(service);
    if (known === undefined) this.#byService.set(service, [entry]);
    else known.push(entry);
  }

  async #awaitEnd(console: InitOptions["console"]): Promise<void> {
    const { code, signal } = await this.#child.status;
    if (console === "unread") await this.#child.stdout.cancel();
    // What it printed last must be here before anybody is told that it has ended.
    if (console === "read") await this.#tasks[2];
    this.#readJournal();
    this.code = signal === null ? code : -1;
    this.#pulse();
  }
}

/** The pid of a process in the innermost namespace that it is in; 0 if it is gone. */
function innerPid(pid: number): number {
  try {
    return Number(/^NSpid:.*\s(\d+)$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1]);
  } catch {
    return 0;
  }
}
