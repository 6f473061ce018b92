/**
 * Boots a real system, follows its journal and its console as they are
 * written, and sees to it that nothing of it is left.
 *
 * @module
 */
import { assert } from "@std/assert";
import { join } from "@std/path";
import { unitsConfig } from "../../lib/build/mod.ts";

/** A line of the journal. */
export interface Entry {
  readonly t: number;
  readonly event: string;
  readonly service?: string;
  readonly [detail: string]: unknown;
}

/** A system, and how to boot it. */
export interface Scenario {
  /** The text of the units module, from after its import of all of `denit`; `folder` is one of the test's own. */
  readonly units: (folder: string) => string;
  /** Arguments after `boot`, beside the runtime directory. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A command that starts the init, before its own words; it must become the init, or end as that does. */
  readonly wrap?: (folder: string) => readonly string[];
  /** A binary that was built before; the units are not read then. */
  readonly binary?: string;
  /** What becomes of the console's lines. Default: they are read. */
  readonly console?: "read" | "unread" | "closed";
  /** Whether processes may be left when all has ended: those that escaped from their group on purpose. */
  readonly leavesSome?: boolean;
}

/** The words that units may use. */
const PRELUDE = `import {
  after, commandProbe, defineBundle, defineService, defineSystem, fileProbe, httpProbe, json, lines, milestone, never,
  notificationFd, optional, script, seconds, spawned, tcpProbe, unixProbe,
} from "denit";
const sh = (text) => ({ argv: ["/bin/sh", "-c", text] });
export const good = defineService({ run: () => ({ argv: ["sleep", "100000"] }), ready: spawned() });
`;

/** Starts a command in a mount namespace of its own; `rest` are more options of unshare(1). */
export function unshare(...rest: string[]): string[] {
  return ["unshare", ...(Deno.uid() === 0 ? [] : ["--user", "--map-root-user"]), "--mount", ...rest];
}

/** How long something awaited may take. Far more than it takes: a machine may be busy. */
const DEADLINE = 30_000;

/** A variable that every process of a run carries, and no other process of the machine does. */
const MARK = "DENIT_TEST_RUN";

const main = new URL("../../init.ts", import.meta.url).pathname;

/** Boots a system, lets `body` do with it what it likes, then shuts it down; nothing of it may be left. */
export async function withInit(scenario: Scenario, body: (init: Init) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "denit-run-" });
  try {
    const runtimeDir = join(folder, "run");
    await Deno.mkdir(runtimeDir);
    const units = join(folder, "units.ts");
    await Deno.writeTextFile(units, PRELUDE + scenario.units(folder));
    await using config = await unitsConfig(units);
    const self = scenario.binary === undefined
      ? [Deno.execPath(), "run", "-A", "--no-prompt", ...config.args, main]
      : [scenario.binary];
    const words = [
      ...(scenario.wrap?.(folder) ?? []),
      ...self,
      "boot",
      "--runtime-dir",
      runtimeDir,
      ...(scenario.args ?? []),
    ];
    // Run from source, init has to find the configuration again when it starts itself for a script.
    const env = { ...scenario.env, DENIT_CONFIG: config.args[1]! };
    const init = new Init(folder, words, { ...scenario, env });
    try {
      await body(init);
      if (!init.hasEnded) {
        init.signal("SIGTERM");
        await init.ended();
      }
      init.assertOneProcessEach();
      // Whoever was killed with its group may take a moment to go; whoever stays is a leak.
      if (scenario.leavesSome !== true) {
        await init.eventually(() => init.processes().length === 0, "the end of every process");
      }
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : error}\n${init.record()}`, {
        cause: error,
      });
    } finally {
      await init.dispose();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
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
  readonly #child: Deno.ChildProcess;
  readonly #watcher: Deno.FsWatcher;
  readonly #tasks: Promise<unknown>[];
  #journalRead = 0;
  #rest = "";
  #changed = Promise.withResolvers<void>();

  constructor(folder: string, [program, ...args]: string[], { env = {}, console = "read" }: Scenario) {
    this.folder = folder;
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

  /** The pid of the process that was started, which a wrapper may be. */
  get pid(): number {
    return this.#child.pid;
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
  async eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const end = performance.now() + DEADLINE;
    while (!await holds()) {
      if (performance.now() >= end) throw new Error(`${what} did not come within ${DEADLINE} ms`);
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

  /** What a service has printed. */
  async log(service: string): Promise<string> {
    return await Deno.readTextFile(join(this.runtimeDir, "log", `${service}.log`)).catch(() => "");
  }

  /** Sends a signal to init. */
  signal(signal: Deno.Signal): void {
    if (!this.hasEnded) this.#child.kill(signal);
  }

  /** Sends a signal to a process of this run; false if it is gone. */
  kill(pid: number, signal: Deno.Signal): boolean {
    if (!this.#isOurs(pid)) return false;
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
      if (Number.isInteger(pid) && (pid !== this.pid || this.hasEnded) && this.#isOurs(pid)) found.push(pid);
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
    if (!this.hasEnded) this.#child.kill("SIGKILL");
    // A process that forks while we look is found the next time.
    for (let left = this.processes(); left.length > 0; left = this.processes()) {
      for (const pid of left) this.kill(pid, "SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    this.#watcher.close();
    await Promise.all(this.#tasks);
  }

  #isOurs(pid: number): boolean {
    try {
      // In the middle of an execve(2) the environment is empty for a moment; that of a zombie stays so.
      for (let look = 0; look < 100; look++) {
        const environment = Deno.readTextFileSync(`/proc/${pid}/environ`);
        if (environment !== "") return environment.split("\0").includes(`${MARK}=${this.#mark}`);
        // Zombies and threads of the kernel have no program.
        Deno.readLinkSync(`/proc/${pid}/exe`);
      }
      return false;
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

  async #awaitEnd(console: Scenario["console"]): Promise<void> {
    const { code, signal } = await this.#child.status;
    if (console === "unread") await this.#child.stdout.cancel();
    // What it printed last must be here before anybody is told that it has ended.
    if (console === "read") await this.#tasks[2];
    this.#readJournal();
    this.code = signal === null ? code : -1;
    this.#pulse();
  }
}
