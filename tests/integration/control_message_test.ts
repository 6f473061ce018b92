import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import fc from "fast-check";
import { defineBundle, defineService, defineSystem, optional, spawned } from "denit";
import { type Parsed, parseRequest } from "../../lib/control/protocol.ts";
import { type Verb, verbs } from "../../lib/control/verbs.ts";
import { resolve } from "../../lib/graph/mod.ts";
import { linuxOs } from "../../lib/os/linux/mod.ts";
import { controlled } from "../property/control_rig.ts";

/** How many messages are sent; far more at night. */
const MESSAGES = Number(Deno.env.get("DENIT_CONTROL_MESSAGES") ?? 20_000);
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
};

/** Verbs that a test can go on after, and that have a final reply. */
const sayable = (Object.keys(verbs) as Verb[]).filter((verb) =>
  !["events", "poweroff", "reboot", "halt", "kexec"].includes(verb)
);

/** A request as the protocol has it; whether the names in it exist is another matter. */
const valid: fc.Arbitrary<string> = fc.constantFrom(...sayable).chain((verb) => {
  const { required, optional } = verbs[verb];
  // A transaction may take back later what it has done: its end is awaited, whereas other outcomes are not.
  const all = Object.keys({ ...required, ...optional }).filter((key) =>
    verb !== "change" && verb !== "switch" || key !== "noWait"
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

/** What the protocol says a line is. */
function kindOf({ request }: Parsed): "change" | "read" | "endless" | "none" {
  if (request === null) return "none";
  if (request.verb === "events" || request.verb === "logs" && request.follow === true) return "endless";
  if (["poweroff", "reboot", "halt", "kexec"].includes(request.verb)) return "endless";
  if (request.verb === "change") return request.noWait === true ? "endless" : "change";
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

  async send(line: string): Promise<void> {
    let bytes = encode(`${line}\n`);
    while (bytes.length > 0) bytes = bytes.subarray(await this.#connection.write(bytes));
  }

  /** The next line that ends a request. */
  async final(): Promise<Record<string, unknown>> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end === -1) {
        const count = await deadline(this.#connection.read(this.#buffer), PATIENCE);
        assert(count !== null, "the server has hung up");
        this.#text += new TextDecoder().decode(this.#buffer.subarray(0, count));
        continue;
      }
      const line = JSON.parse(this.#text.slice(0, end));
      this.#text = this.#text.slice(end + 1);
      if ("result" in line || "error" in line) return line;
    }
  }

  close(): void {
    this.#connection.close();
  }
}

Deno.test(`ControlServer replies to each of ${MESSAGES} messages, and changes nothing but what a valid one says`, async () => {
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
  let sent = 0;
  try {
    const peer = new Peer(await Deno.connect({ transport: "unix", path: `${folder}/control.sock` }));
    const samples = fc.sample(message, { numRuns: MESSAGES, seed: 20_261_125 });
    for (const line of samples) {
      const parsed = parseRequest(encode(line));
      const kind = kindOf(parsed);
      count[kind]++;
      if (kind === "endless") continue;
      // What an earlier change has begun may still go on: only wishes are compared, which nothing but a request makes.
      const before = wishes(driver.state);
      await peer.send(line);
      const reply = await peer.final();
      sent++;
      assertEquals(reply["v"], 1);
      if (kind === "none") {
        const error = reply["error"] as { code: string; message: string; cure: string };
        assert(error.message.startsWith("cannot ") && error.cure !== "", JSON.stringify(reply));
      } else assertEquals(reply["id"], parsed.request?.id);
      if (kind !== "change") assertEquals(wishes(driver.state), before, `${line} has changed something`);
    }
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
