import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import fc from "fast-check";
import { defineBundle, defineService, defineSystem, optional, spawned } from "denit";
import { type Parsed, parseRequest } from "../../lib/control/protocol.ts";
import type { Final, Reply } from "../../lib/control/reply.ts";
import { type Verb, verbs } from "../../lib/control/verbs.ts";
import { resolve } from "../../lib/graph/mod.ts";
import { linuxOs } from "../../lib/os/linux/mod.ts";
import { writeAll } from "../../lib/os/write_all.ts";
import { isNight } from "../night.ts";
import { controlled } from "../property/control_rig.ts";
import { howOften } from "../property/run.ts";

/** How many messages are sent; far more at night. */
const MESSAGES = Number(Deno.env.get("DENIT_CONTROL_MESSAGES") ?? (isNight() ? 1_000_000 : 20_000));
/** Which: others each night. */
const { seed: SEED = isNight() ? Math.trunc(Math.random() * 2 ** 31) : 20_261_125 } = howOften(MESSAGES);
/** How many are made at once, so that a million of them need not be held. */
const PORTION = 10_000;
/**
 * So many go out in one write, by turns: what comes together meets in one turn of the server. Of changes not more than
 * a client may wait for.
 */
const BATCHES = { quiet: [1, 16, 256, 256], changes: [1, 8, 48, 48] } as const;
/** Longest time for anything: a limit for failures, not a measure. */
const PATIENCE = 60_000;

const sleeper = { run: () => ({ argv: ["/bin/sleep", "10000"] as const }), ready: spawned() };
const base = defineService(sleeper);
const middle = defineService({ ...sleeper, deps: { base } });
const top = defineService({ ...sleeper, deps: { middle: optional(middle) } });
const graph = resolve({
  base,
  middle,
  top,
  one: defineBundle([base]),
  all: defineBundle([top, middle]),
  default: defineSystem({ boot: defineBundle([top]) }),
}).graph!;

const names = fc.constantFrom("base", "middle", "top", "one", "all", "nobody", "", "__proto__", "\u{1f600}");
const values: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  names: fc.array(names, { minLength: 1, maxLength: 3 }),
  name: names,
  action: fc.constantFrom("reload", "rotate", ""),
  bundle: names,
  init: fc.constantFrom("/nobody/init", "init", ""),
  stop: fc.array(names, { minLength: 1, maxLength: 3 }),
  signal: fc.constantFrom("USR1", "SIGCONT", "NONSENSE", ""),
  to: fc.constantFrom("up", "down"),
  for: fc.constantFrom("ready", "down"),
  timeout: fc.nat(3),
  lines: fc.nat(3),
  since: fc.nat(100),
  noWait: fc.constant(true),
  force: fc.boolean(),
  dryRun: fc.boolean(),
  keepGoing: fc.boolean(),
  follow: fc.constant(false),
  usage: fc.constant(true),
};

for (const { required, optional } of Object.values(verbs)) {
  for (const key of Object.keys({ ...required, ...optional })) {
    if (!(key in values)) throw new Error(`the test has no values for the parameter ${key}`);
  }
}

/** Verbs that a test can go on after, and that have a final reply. */
const sayable = (Object.keys(verbs) as Verb[]).filter((verb) =>
  !["events", "poweroff", "reboot", "halt", "kexec"].includes(verb)
);

/** A request as the protocol has it; whether the names in it exist is another matter. */
const valid: fc.Arbitrary<string> = fc.constantFrom(...sayable).chain((verb) => {
  const { required, optional } = verbs[verb];
  // What may take back later what it has done has its end awaited, whereas other outcomes are not.
  const all = Object.keys({ ...required, ...optional }).filter((key) =>
    !isTransaction(verb) || key !== "noWait"
  );
  const chosen = Object.fromEntries(all.map((key) => [key, values[key]!]));
  const bounds = verb === "wait" ? ["timeout"] : "noWait" in chosen ? ["noWait"] : [];
  const needed = [...Object.keys(required), ...bounds];
  return fc.record(chosen, { requiredKeys: needed }).map((parameters) =>
    JSON.stringify({ v: 1, id: 1, verb, ...parameters })
  );
});

/** A request of which something was changed: a byte, a key, a value, the end. */
const mutated: fc.Arbitrary<string> = fc.tuple(valid, fc.nat(400), fc.nat(4), fc.string({ maxLength: 3 }))
  .map(
    ([text, at, how, more]) => {
      const place = at % text.length;
      const clean = more.replaceAll("\n", " ");
      switch (how) {
        case 0:
          return text.slice(0, place) + clean + text.slice(place);
        case 1:
          return text.slice(0, place) + text.slice(place + 1);
        case 2:
          return text.slice(0, place);
        case 3:
          return text.replace('"v":1', `"v":${at}`);
        default:
          return text.replace('"verb":', `"${clean.replaceAll('"', "").replaceAll("\\", "")}":1,"verb":`);
      }
    },
  );

const garbage: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 40 }).map((text) => text.replaceAll("\n", "")),
  fc.json().map((text) => text.replaceAll("\n", "")),
  fc.constantFrom("", "{}", "[]", "null", '{"v":1}', '{"v":1,"id":1}', '{"id":1,"verb":"status"}'),
);

const message = fc.oneof({ weight: 4, arbitrary: valid }, { weight: 3, arbitrary: mutated }, {
  weight: 3,
  arbitrary: garbage,
});

const encode = (line: string) => new TextEncoder().encode(line);

function isTransaction(verb: Verb): boolean {
  return verb === "change" || verb === "switch";
}

/** What the protocol says a line is. */
function kindOf({ request }: Parsed): "change" | "read" | "endless" | "none" {
  if (request === null) return "none";
  if (request.verb === "events" || request.verb === "logs" && request.follow === true) return "endless";
  if (["poweroff", "reboot", "halt", "kexec"].includes(request.verb)) return "endless";
  if (isTransaction(request.verb)) return "noWait" in request && request.noWait ? "endless" : "change";
  // A mutation may have taken away what keeps it from waiting for ever.
  const bounded = request.verb === "wait" ? request.timeout !== undefined : "noWait" in request;
  if (!bounded && (request.verb === "wait" || "noWait" in verbs[request.verb].optional)) return "endless";
  return verbs[request.verb].right;
}

/** A client on a real socket. */
class Peer {
  readonly #connection: Deno.UnixConn;
  readonly #buffer = new Uint8Array(65_536);
  #text = "";

  constructor(connection: Deno.UnixConn) {
    this.#connection = connection;
  }

  /** Sends lines in one write, and waits for the line that ends each of them, in whatever order they come. */
  async ask(lines: readonly string[]): Promise<Final[]> {
    const finals: Final[] = [];
    const work = async () => {
      await writeAll(this.#connection, encode(lines.map((line) => `${line}\n`).join("")));
      while (finals.length < lines.length) finals.push(...await this.#read());
    };
    await deadline(work(), PATIENCE).catch((cause) => {
      const missing = `${finals.length} replies to these ${lines.length} messages:\n${lines.join("\n")}`;
      throw new Error(`${missing}\n${JSON.stringify(finals)}`, { cause });
    });
    return finals;
  }

  async #read(): Promise<Final[]> {
    const count = await this.#connection.read(this.#buffer);
    assert(count !== null, "the server has hung up");
    this.#text += new TextDecoder().decode(this.#buffer.subarray(0, count));
    const whole = this.#text.split("\n");
    this.#text = whole.pop()!;
    const replies = whole.map((text): Reply => JSON.parse(text));
    return replies.filter((reply) => "result" in reply || "error" in reply);
  }

  close(): void {
    this.#connection.close();
  }
}

/** A message, and what the protocol says that it is. */
interface Message {
  readonly line: string;
  readonly kind: ReturnType<typeof kindOf>;
  readonly id: number | null;
  readonly ends: boolean;
}

/** Messages, each with an id of its own unless that was changed. */
function* messages(): Generator<Message> {
  for (let made = 0; made < MESSAGES; made += PORTION) {
    const samples = fc.sample(message, {
      numRuns: Math.min(PORTION, MESSAGES - made),
      seed: SEED + made,
    });
    for (const [index, sample] of samples.entries()) {
      const line = sample.replace('"id":1', `"id":${made + index}`);
      const parsed = parseRequest(encode(line));
      const id = parsed.request?.id ?? (parsed.request === null ? parsed.reply.id : null);
      const ends = parsed.request !== null && isTransaction(parsed.request.verb);
      yield { line, kind: kindOf(parsed), id, ends };
    }
  }
}

Deno.test(`ControlServer replies to each of ${MESSAGES} messages of seed ${SEED}, and changes nothing but what a valid one says`, async () => {
  const folder = await Deno.makeTempDir();
  const os = linuxOs();
  const faults: unknown[] = [];
  const { driver, server } = controlled(graph, os, {
    access: { owner: Deno.uid() ?? 0 },
    onFault: (error) => faults.push(error),
  });
  server.open(`${folder}/control.sock`);
  const running = driver.run();
  const count = { change: 0, read: 0, none: 0, endless: 0 };
  let [sent, batches] = [0, 0];
  try {
    const peer = new Peer(await Deno.connect({ transport: "unix", path: `${folder}/control.sock` }));
    const send = async (batch: Message[]) => {
      batches++;
      const replies = await peer.ask(batch.map(({ line }) => line));
      sent += batch.length;
      const ids = (some: readonly { readonly id: number | null }[]) =>
        some.map(({ id }) => String(id)).sort();
      assertEquals(ids(replies), ids(batch));
      for (const { line, kind, id } of batch) {
        if (kind !== "none") continue;
        const error = replies.map((reply) => reply.id === id && "error" in reply ? reply.error : null)
          .find((error) => error !== null);
        assert(
          error?.message.startsWith("cannot ") && error.cure !== "",
          `${line}: ${JSON.stringify(replies)}`,
        );
      }
      batch.length = 0;
    };
    const quiet: Message[] = [], changes: Message[] = [];
    let changed = false;
    const sendChanges = async () => {
      await send(changes);
      changed = true;
    };
    const sendQuiet = async () => {
      // The last that a change has posted is done before anything that is asked later.
      if (changed) await peer.ask(['{"v":1,"id":0,"verb":"graph"}']);
      changed = false;
      const lines = quiet.map(({ line }) => line);
      // What a change has begun may still go on: only wishes are compared, which nothing but a request makes.
      const before = wishes(driver.state);
      await send(quiet);
      assertEquals(wishes(driver.state), before, `one of these has changed something:\n${lines.join("\n")}`);
    };
    for (const message of messages()) {
      count[message.kind]++;
      if (message.kind === "endless") continue;
      const isChange = message.kind === "change";
      const queue = isChange ? changes : quiet;
      queue.push(message);
      const turn = batches % 4;
      // Of transactions that meet only the first is let in: many of them are the last of their batch.
      const isFull = queue.length >= BATCHES[isChange ? "changes" : "quiet"][turn]!;
      if (isFull || message.ends && turn < 2) await (isChange ? sendChanges() : sendQuiet());
    }
    if (quiet.length > 0) await sendQuiet();
    if (changes.length > 0) await sendChanges();
    peer.close();
  } finally {
    driver.post({ type: "shutdown", power: "exit" });
    driver.post({ type: "shutdown", power: "exit" });
    await deadline(running, PATIENCE);
    server.close();
    driver.dispose();
    await Deno.remove(folder, { recursive: true });
  }
  assertEquals(faults, []);
  assertEquals(sent + count.endless, MESSAGES);
  for (const kind of ["change", "read", "none"] as const) {
    assert(count[kind] > MESSAGES / 20, `${kind}: ${count[kind]}`);
  }
});

/** What people want of each service, and what is pinned. */
function wishes(
  { services }: { readonly services: readonly { wanted: string; pinned: string | null }[] },
): string {
  return services.map(({ wanted, pinned }) => `${wanted} ${pinned}`).join(", ");
}
