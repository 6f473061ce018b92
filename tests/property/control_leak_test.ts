import { assertEquals, assertGreater } from "@std/assert";
import { delay } from "@std/async/delay";
import { defineBundle, defineService, defineSystem, notificationFd, spawned } from "denit";
import { resolve } from "../../lib/graph/mod.ts";
import { exitsBeforeReady, lingers, longrun, notifies } from "../../lib/os/fake/mod.ts";
import { Rig, type RigClient } from "./control_rig.ts";

/** Virtual time, in milliseconds. */
const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE;
/** When the clients of a wave come, and by when all of it is over. */
const WAVE_EVERY = 30 * SECOND, SETTLED = HOUR + 5 * MINUTE;

const daemon = (path: string) => ({ run: () => ({ argv: [path] as const }), ready: notificationFd(3) });
const web = defineService(daemon("/bin/web"));
const other = defineService({ run: () => ({ argv: ["/bin/other"] }), ready: spawned() });
const broken = defineService({ ...daemon("/bin/broken"), restart: { giveUp: { after: 1 } } });
const { graph } = resolve({
  web,
  other,
  broken,
  both: defineBundle([web, other]),
  default: defineSystem({ boot: defineBundle([web]) }),
});

/** What a client does in a wave; what it says to a server that has hung up is lost on it. */
type Manners = (client: RigClient, say: (bytes: string | Uint8Array) => void, later: Later) => void;
/** Has something happen after a time. */
type Later = (delay: number, act: () => void) => void;

const request = (id: number, verb: string, more: object = {}) =>
  `${JSON.stringify({ v: 1, id, verb, ...more })}\n`;
const noise = new Uint8Array(5000).map((_, at) => at * 7);

const kinds: Readonly<Record<string, Manners>> = {
  slow(client, say, later) {
    client.reads = false;
    say(request(1, "graph").repeat(300));
    later(30 * SECOND, () => client.reads = true);
    later(31 * SECOND, () => say(request(2, "status")));
  },
  malformed(_, say, later) {
    say(noise);
    later(SECOND, () => say('{"v":1,"id":"x"}\n[]\n{"v":9}\n\n'));
  },
  oversized(_, say, later) {
    for (let at = 0; at < 5; at++) later(at * 100, () => say("x".repeat(60_000)));
  },
  cutOff(client, say, later) {
    say(request(1, "status").slice(0, 12));
    later(50, () => client.close());
  },
  flooding(_, say, later) {
    for (let at = 0; at < 5; at++) {
      later(at * 10, () => say(request(at, "status", { names: ["web"] }).repeat(150)));
    }
  },
  deafToEvents(client, say) {
    client.reads = false;
    say(request(1, "events", { since: 0 }) + request(2, "events"));
  },
  deafToOutput(client, say) {
    client.reads = false;
    say(request(1, "logs", { name: "web", follow: true }));
  },
  waiting(_, say) {
    for (let id = 0; id < 80; id++) say(request(id, "wait", { names: ["web"], for: "down" }));
  },
  leaving(client, say, later) {
    say(request(1, "change", { bundle: "both" }) + request(2, "restart", { names: ["other"] }));
    later(1, () => client.close());
  },
  // Each of these failures comes with the lines that were printed last: that is more than may lie.
  deafToFailures(client, say) {
    client.reads = false;
    for (let id = 0; id < 60; id++) say(request(id, "start", { names: ["broken"] }));
  },
};

Deno.test("ControlServer keeps neither descriptors nor buffers of clients that come and go for an hour", async () => {
  const printed = "y".repeat(20_000);
  const stage = new Rig({
    graph: graph!,
    behave: ({ argv }) =>
      argv[0] === "/bin/broken"
        ? exitsBeforeReady(3, 10)
        : argv[0] === "/bin/other"
        ? longrun()
        : lingers(50, notifies(3, 20)),
    tail: (service) => service === "broken" ? [printed] : [],
  });
  const { connections, leftovers } = watchBuffers(stage);
  const good = stage.client();
  const seen = { hungUp: 0, lost: 0, refused: 0, faults: 0 };
  let clients = 0;

  const wave = (start: number) => {
    Object.entries(kinds).forEach(([kind, manners], index) => {
      if (kind === "deafToFailures" && start % MINUTE !== 0) return;
      const client = stage.client();
      clients++;
      const begin = start + index;
      const attempt = (act: () => void) => {
        try {
          act();
        } catch {
          // EPIPE: the server has hung up, or EBADF: this client has.
        }
      };
      manners(
        client,
        (bytes) => attempt(() => client.say(bytes)),
        (delay, act) => stage.at(begin + delay, () => attempt(act)),
      );
      // From a second to three minutes.
      stage.at(begin + SECOND + (start / WAVE_EVERY * 37 + index * 53) % 180 * SECOND, () => {
        client.reads = true;
        client.drain();
        if (client.hungUp) seen.hungUp++;
        for (const line of client.lines) {
          if ("lost" in line) seen.lost++;
          if (line.error?.code === "busy") seen.refused++;
          if ("error" in line) seen.faults++;
        }
        client.lines.length = 0;
        client.close();
      });
    });
    for (let at = 0; at < 60; at++) stage.server.noteOutput("web", noise);
    for (let at = 0; at < 60; at++) stage.journal.note(start, "noise", "web", { at, text: "z".repeat(200) });
    if (start + WAVE_EVERY < HOUR) stage.at(start + WAVE_EVERY, () => wave(start + WAVE_EVERY));
  };
  const standing = () => ({
    descriptors: stage.os.openFds().length,
    clients: stage.server.clients,
    due: stage.server.due(),
  });

  stage.at(0, () => good.ask("change", { bundle: "both" }));
  let before: object = {};
  stage.at(5 * SECOND, () => before = standing());
  stage.at(WAVE_EVERY, () => wave(WAVE_EVERY));
  stage.at(SETTLED - SECOND, () => good.ask("change", { bundle: "both" }));
  let after: object = {};
  stage.at(SETTLED, () => after = standing());
  await stage.runUntilDown(SETTLED + SECOND);

  assertEquals(after, before);
  assertEquals([good.final(1)?.result.up, good.final(2)?.result.up], [["other", "web"], ["other", "web"]]);
  // All of it has happened, so that all of it could have left something behind.
  assertGreater(clients, 1000);
  assertEquals(connections.count, clients + 1);
  assertGreater(leftovers.count, 100);
  for (const [what, count] of Object.entries(seen)) assertGreater(count, 50, what);
  assertEquals(await connections.held(1), 1, "connections are remembered that are closed");
  assertEquals(await leftovers.held(0), 0, "replies are remembered that nobody will read");
  assertEquals(stage.end(), 0);
});

/** Objects of which it is known how many are still held by somebody. */
class Watched {
  count = 0;
  #collected = 0;
  readonly #registry = new FinalizationRegistry(() => this.#collected++);

  add(object: object): void {
    this.count++;
    this.#registry.register(object, null);
  }

  /** How many are held when memory has been collected: as few as are enough, or all that stay for good. */
  async held(enough: number): Promise<number> {
    for (let attempt = 0; attempt < 50 && this.count - this.#collected > enough; attempt++) {
      // Enough that something has to be done about it; whoever is told of what was collected is told in a turn of its own.
      const ballast = Array.from({ length: 500_000 }, (_, at) => ({ at }));
      await delay(ballast.length === 0 ? 1 : 0);
    }
    return this.count - this.#collected;
  }
}

/** What the server gets to know of clients: their connections, and replies that they had no room for. */
function watchBuffers({ os }: Rig): { connections: Watched; leftovers: Watched } {
  const [connections, leftovers] = [new Watched(), new Watched()];
  const [accept, write] = [os.accept.bind(os), os.write.bind(os)];
  os.accept = (listener) => {
    const peer = accept(listener);
    if (peer !== null) connections.add(peer);
    return peer;
  };
  os.write = (fd, bytes) => {
    const count = write(fd, bytes);
    if (count < bytes.length) leftovers.add(bytes.buffer);
    return count;
  };
  return { connections, leftovers };
}
