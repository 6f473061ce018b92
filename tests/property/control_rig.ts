/** The driver and its control server on a virtual machine, with clients that come and go at set times. */
import type { BootStanding, Station } from "../../lib/control/mod.ts";
import { type Access, ControlServer } from "../../lib/control/mod.ts";
import { Driver, Journal } from "../../lib/driver/mod.ts";
import type { Graph } from "../../lib/graph/mod.ts";
import { noLogs } from "../../lib/log/mod.ts";
import { type FakeOptions, type FakeOs, fakeOs } from "../../lib/os/fake/mod.ts";
import type { Fd, Os } from "../../lib/os/os.ts";

/** A line from the server, as a test looks at it. */
// deno-lint-ignore no-explicit-any -- A test asks for what it expects, and fails if that is not there.
export type Line = any;

/** Where clients connect. */
export const SOCKET = "/run/control.sock";

/** A driver with its control server, on whatever system. */
export function controlled(graph: Graph, os: Os, more: {
  readonly access?: Access;
  readonly tail?: (service: string) => readonly string[];
  readonly onTurn?: () => void;
  readonly alarm?: { due(): number | null; ring(now: number): void };
  readonly onFault?: (error: unknown) => void;
}): { driver: Driver; server: ControlServer; journal: Journal } {
  const journal = new Journal(graph, () => {});
  const boot: BootStanding = { generation: "test", state: "ok", startedAt: 0, finishedAt: 1 };
  const { alarm } = more;
  const driver: Driver = new Driver({
    graph,
    os,
    prober: () => Promise.resolve(null),
    habitat: { env: { PATH: "/bin:/usr/bin" }, cwd: "/", self: ["/proc/self/exe"] },
    journal,
    logs: noLogs,
    alarm: {
      due() {
        const due = Math.min(alarm?.due() ?? Infinity, server.due());
        return due === Infinity ? null : due;
      },
      ring: (now) => (alarm?.due() ?? Infinity) <= now && alarm?.ring(now),
    },
    onPhase() {},
    onSignal() {},
    onFault: more.onFault ?? ((error) => {
      throw error;
    }),
    onTurn() {
      server.turn();
      more.onTurn?.();
    },
  });
  const station: Station = {
    graph,
    os,
    driver,
    journal,
    tail: more.tail ?? (() => []),
    logPath: (service) => `/var/log/${service}.log`,
    boot: () => boot,
    switchTo() {},
    shutDown: (power) => driver.post({ type: "shutdown", power }),
  };
  const server = new ControlServer(station, more.access ?? { owner: 1000 });
  return { driver, server, journal };
}

/** What a rig is made of. */
export interface RigSettings {
  readonly graph: Graph;
  readonly behave: FakeOptions["behave"];
  readonly access?: Access;
  readonly tail?: (service: string) => readonly string[];
  readonly descriptors?: number;
  /** Default: the run fails. */
  readonly onFault?: (error: unknown) => void;
}

/** One buffer for all, as there may be many clients. */
const buffer = new Uint8Array(65_536);

/** A client of a rig, who reads promptly unless told not to. */
export class RigClient {
  readonly lines: Line[] = [];
  reads = true;
  /** Told of each line while the state is still what it was about. */
  onLine: (line: Line) => void = () => {};
  /** Whether the server has hung up. */
  hungUp = false;
  readonly #os: FakeOs;
  readonly #fd: Fd;
  readonly #decoder = new TextDecoder();
  #text = "";
  #id = 0;
  #closed = false;

  constructor(os: FakeOs, who: { uid?: number } = {}) {
    this.#os = os;
    this.#fd = os.connect(SOCKET, who);
  }

  /** Asks; the id is 1 for the first request. */
  ask(verb: string, parameters: object = {}): void {
    this.say(`${JSON.stringify({ v: 1, id: ++this.#id, verb, ...parameters })}\n`);
  }

  /** Sends a text as it is; how much of it the socket took. */
  say(text: string | Uint8Array): number {
    return this.#os.write(this.#fd, typeof text === "string" ? new TextEncoder().encode(text) : text);
  }

  /** Reads what there is. */
  drain(): void {
    if (this.#closed || this.hungUp || !this.reads) return;
    for (let count = this.#os.read(this.#fd, buffer); count !== -1; count = this.#os.read(this.#fd, buffer)) {
      if (count === 0) {
        this.hungUp = true;
        break;
      }
      this.#text += this.#decoder.decode(buffer.subarray(0, count), { stream: true });
    }
    const lines = this.#text.split("\n");
    this.#text = lines.pop()!;
    for (const text of lines) {
      const line = JSON.parse(text);
      this.lines.push(line);
      this.onLine(line);
    }
  }

  close(): void {
    if (!this.#closed) this.#os.close(this.#fd);
    this.#closed = true;
  }

  /** The line that ended a request; undefined if none has. */
  final(id: number): Line | undefined {
    return this.lines.find((line) => line.id === id && ("result" in line || "error" in line));
  }
}

/** A run on a virtual machine: what is to happen at which time is said before. */
export class Rig {
  readonly os: FakeOs;
  readonly driver: Driver;
  readonly server: ControlServer;
  readonly journal: Journal;
  readonly #clients: RigClient[] = [];
  readonly #plan: { readonly at: number; readonly act: () => void }[] = [];

  constructor({ graph, behave, descriptors = 1024, ...more }: RigSettings) {
    this.os = fakeOs({ behave, descriptors });
    const made = controlled(graph, this.os, {
      ...more,
      onTurn: () => this.#clients.forEach((client) => client.drain()),
      alarm: {
        due: () => this.#plan[0]?.at ?? null,
        ring: (now) => {
          while (this.#plan[0] !== undefined && this.#plan[0].at <= now) this.#plan.shift()!.act();
        },
      },
    });
    this.driver = made.driver;
    this.server = made.server;
    this.journal = made.journal;
    this.server.open(SOCKET);
  }

  /** Has something happen at a time. */
  at(time: number, act: () => void): void {
    this.#plan.push({ at: time, act });
    this.#plan.sort((a, b) => a.at - b.at);
  }

  client(who: { uid?: number } = {}): RigClient {
    const client = new RigClient(this.os, who);
    this.#clients.push(client);
    return client;
  }

  /** Lets everything happen, shuts down after `until`, and says how many descriptors are left. */
  async run(until: number): Promise<number> {
    await this.runUntilDown(until);
    return this.end();
  }

  /** Lets everything happen, and shuts down after `until`; clients that are there stay there. */
  async runUntilDown(until: number): Promise<void> {
    this.at(until, () => this.driver.post({ type: "shutdown", power: "exit" }));
    await this.driver.run();
  }

  /** Ends it all, and says how many descriptors are left. */
  end(): number {
    for (const client of this.#clients) client.drain();
    for (const client of this.#clients) client.close();
    this.server.close();
    const left = this.os.openFds().length;
    this.driver.dispose();
    return left;
  }
}
