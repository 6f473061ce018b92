import { assertEquals } from "@std/assert";
import { withInit } from "./harness.ts";

/** Reads its input one line at a time, so that it takes no more than it deals with, and ends after some of them. */
const reader = (folder: string, lines: number) =>
  `sh('n=0; while [ $n -lt ${lines} ] && read -r line; do echo "$line" >>${folder}/out; n=$((n+1)); done')`;

const linesOf = (text: string, who: string) =>
  text.split("\n").filter((line) => line.startsWith(`${who} `)).map((line) => Number(line.split(" ")[1]));

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

function out(folder: string): string {
  try {
    return Deno.readTextFileSync(`${folder}/out`);
  } catch {
    return "";
  }
}

Deno.test("supervise keeps what is printed for a consumer that comes and goes [s6-rc: producer-for, consumer-for]", async () => {
  const units = (folder: string) =>
    `export const archive = defineService({
      run: () => ${reader(folder, 50)}, ready: spawned(), restart: { delay: seconds(0), max: seconds(0) },
    });
    const talker = (who) => defineService({
      kind: "oneshot", run: () => sh("for n in $(seq 200); do echo " + who + " $n; done"), log: { to: archive },
    });
    export const a = talker("a");
    export const b = talker("b");
    export default defineSystem({ boot: defineBundle([a, b]) });`;
  await withInit({ units }, async (init) => {
    await init.event("up", "a");
    await init.event("up", "b");
    await init.eventually(() => out(init.folder).split("\n").length > 400, "all that was printed");
    assertEquals(linesOf(out(init.folder), "a"), upTo(200));
    assertEquals(linesOf(out(init.folder), "b"), upTo(200));
    // It was not one process that has read it all.
    await init.event("spawned", "archive", 8);
    const first = init.entries.find(({ event }) => event === "spawned");
    assertEquals(first?.service, "archive", "the consumer comes first, although nobody has asked for it");
    assertEquals(await init.log("a"), "");
  });
});

Deno.test("supervise stops a consumer after those who print into it, when it has read the last line", async () => {
  const units = (folder: string) =>
    `export const archive = defineService({ run: () => ${reader(folder, 100_000)}, ready: spawned() });
    export const talker = defineService({
      run: () => sh("trap 'for n in $(seq 500); do echo last $n; done; exit' TERM; echo >&3; while :; do sleep 0.05; done"),
      ready: notificationFd(3), log: { to: archive },
    });
    export default defineSystem({ boot: defineBundle([talker]) });`;
  await withInit({ units }, async (init) => {
    await init.up("talker");
    init.signal("SIGTERM");
    assertEquals(await init.ended(), 0);
    assertEquals(linesOf(out(init.folder), "last"), upTo(500));
    assertEquals(init.all("exited").map(({ service }) => service), ["talker", "archive"]);
    assertEquals(init.all("exited", "archive")[0]?.status, { code: 0 });
  });
});

Deno.test("supervise lets those who print go on while their consumer is killed and comes back", async () => {
  const units = (folder: string) =>
    `export const archive = defineService({ run: () => ${reader(folder, 100_000)}, ready: spawned() });
    export const talker = defineService({
      run: () => sh("n=0; while :; do n=$((n+1)); echo t $n; sleep 0.01; done"), ready: spawned(), log: { to: archive },
    });
    export default defineSystem({ boot: defineBundle([talker]) });`;
  await withInit({ units }, async (init) => {
    const talker = await init.up("talker");
    const read = () => linesOf(out(init.folder), "t").length;
    await init.eventually(() => read() > 10, "some lines");
    const before = await init.up("archive");
    init.kill(before, "SIGKILL");
    await init.up("archive", before);
    const known = read();
    await init.eventually(() => read() > known + 10, "more lines");
    assertEquals(init.livePid("talker"), talker);
    assertEquals(init.all("exited", "talker"), []);
  });
});
