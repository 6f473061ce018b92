import { assert, assertEquals, assertMatch } from "@std/assert";
import { type FileLog, type Log, settleLog } from "../define/log.ts";
import { type LogsSettings, openLogs } from "./logs.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Logs in a folder of their own, which may not complain unless `faults` are wanted. */
async function withLogs(
  log: Log,
  body: (
    folder: string,
    open: (more?: Partial<LogsSettings>) => ReturnType<typeof openLogs>,
  ) => Promise<void>,
  faults: string[] | null = null,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "denit-log-" });
  const report = (fault: string) => faults === null ? assert(false, fault) : void faults.push(fault);
  try {
    await body(folder, (more) => openLogs({ folder, policyOf: () => settleLog(log), report, ...more }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const plain: FileLog = { stamp: "none" };
const read = (folder: string, name = "web.log") => Deno.readTextFileSync(`${folder}/${name}`);
const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("openLogs() keeps a file for each service, and appends to what is there", () =>
  withLogs(plain, async (folder, open) => {
    for (const text of ["one\n", "two\n"]) {
      const logs = open();
      logs.write("web", bytes(text));
      logs.write("db", bytes(text));
      await logs.close();
    }
    assertEquals(read(folder), "one\ntwo\n");
    assertEquals(read(folder, "db.log"), "one\ntwo\n");
  }));

Deno.test("openLogs() stamps each line with the time of its clock", () =>
  withLogs({}, async (folder, open) => {
    let nanos = 0;
    const seconds = Date.UTC(2026, 10, 26, 8) / 1000;
    const logs = open({ clock: () => ({ seconds, nanos: nanos++ }) });
    logs.write("web", bytes("one\ntwo\n"));
    logs.write("web", bytes("thr"));
    logs.write("web", bytes("ee\nfour\n"));
    await logs.close();
    const lines = [["one", 0], ["two", 0], ["three", 1], ["four", 2]];
    const text = lines.map(([line, at]) => `2026-11-26T08:00:00.00000000${at}Z ${line}\n`).join("");
    assertEquals(read(folder), text);
  }));

Deno.test("openLogs() puts a log aside before it is too large, at the end of a line, and keeps so many", () =>
  withLogs({ ...plain, maxSize: 4096, keep: 2 }, async (folder, open) => {
    const logs = open();
    const line = (number: number) => `${String(number).padStart(6, "0")} ${"x".repeat(92)}\n`;
    let all = "";
    for (let number = 0; number < 300; number++) {
      all += line(number);
      logs.write("web", bytes(line(number)));
    }
    await logs.close();
    assertEquals(names(folder), ["web.log", "web.log.1", "web.log.2"]);
    const kept = read(folder, "web.log.2") + read(folder, "web.log.1") + read(folder);
    assertEquals(kept, all.slice(-kept.length), "what is kept is the newest, without a gap");
    assertEquals(read(folder, "web.log.1").length, 4000, "as many lines as fit, and no part of one");
    assertEquals(read(folder, "web.log.2").length, 4000);
  }));

Deno.test("openLogs() splits one large piece over as many files as it takes", () =>
  withLogs({ ...plain, maxSize: 4096, keep: 50 }, async (folder, open) => {
    const logs = open();
    const all = Array.from({ length: 2000 }, (_, number) => `line ${number}\n`).join("");
    logs.write("web", bytes(all));
    await logs.close();
    const files = names(folder).sort((a, b) => Number(b.split(".")[2] ?? 0) - Number(a.split(".")[2] ?? 0));
    assert(files.length > 4);
    assertEquals(files.map((name) => read(folder, name)).join(""), all);
    for (const name of files) assert(read(folder, name).length <= 4096);
  }));

Deno.test("openLogs() empties a log that keeps no older files", () =>
  withLogs({ ...plain, maxSize: 4096, keep: 0 }, async (folder, open) => {
    const logs = open();
    for (let number = 0; number < 100; number++) logs.write("web", bytes(`${"y".repeat(99)}\n`));
    await logs.close();
    assertEquals(names(folder), ["web.log"]);
    assertEquals(read(folder).length, 10_000 % 4000);
  }));

Deno.test("openLogs() puts an old log aside, however small it is", () =>
  withLogs({ ...plain, maxAge: 1000 }, async (folder, open) => {
    let now = Date.now();
    const logs = open({ now: () => now });
    logs.write("web", bytes("young\n"));
    await logs.settle("web");
    now += 999;
    logs.write("web", bytes("still young\n"));
    await logs.settle("web");
    now += 2;
    logs.write("web", bytes("new\n"));
    await logs.close();
    assertEquals(read(folder, "web.log.1"), "young\nstill young\n");
    assertEquals(read(folder), "new\n");
  }));

Deno.test("openLogs() goes on below a line that its predecessor was torn from", () =>
  withLogs(plain, async (folder, open) => {
    await Deno.writeTextFile(`${folder}/web.log`, "torn");
    const logs = open();
    logs.write("web", bytes("whole\n"));
    await logs.close();
    assertEquals(read(folder), "torn\nwhole\n");
  }));

Deno.test("settle() ends the last line of a process, and is there when it is in the file", () =>
  withLogs(plain, async (folder, open) => {
    const logs = open();
    assertEquals(logs.settle("web"), undefined, "it has printed nothing");
    logs.write("web", bytes("last words"));
    await logs.settle("web");
    assertEquals(read(folder), "last words\n");
    assertEquals(logs.settle("web"), undefined, "everything has arrived");
    await logs.close();
  }));

for (const sync of ["rotate", "always"] as const) {
  Deno.test(`openLogs() writes the same where it has to sync: ${sync}`, () =>
    withLogs({ ...plain, maxSize: 4096, sync }, async (folder, open) => {
      const logs = open();
      for (let number = 0; number < 50; number++) logs.write("web", bytes(`${"z".repeat(99)}\n`));
      await logs.close();
      assertEquals(read(folder, "web.log.1").length + read(folder).length, 5000);
    }));
}

Deno.test("openLogs() keeps any bytes as they are", () =>
  withLogs(plain, async (folder, open) => {
    const garbage = Uint8Array.from({ length: 10_000 }, (_, index) => (index * 7919) % 256);
    const logs = open();
    for (let at = 0; at < garbage.length; at += 333) logs.write("web", garbage.subarray(at, at + 333));
    await logs.close();
    const kept = await Deno.readFile(`${folder}/web.log`);
    assertEquals(kept.subarray(0, garbage.length), garbage);
  }));

Deno.test("write() says when it is behind, takes even then all that it is given, and tells when it has caught up", () =>
  withLogs({ ...plain, keep: 1000 }, async (folder, open) => {
    const logs = open();
    const piece = bytes(`${"w".repeat(1023)}\n`.repeat(64));
    let behind: Promise<void> | void = undefined;
    let pieces = 0;
    while (pieces < 1000 && behind === undefined) {
      behind = logs.write("web", piece);
      pieces++;
    }
    assert(behind instanceof Promise, "nothing is written while we are in the way");
    logs.write("web", piece);
    await behind;
    await logs.close();
    const size = names(folder).reduce((sum, name) => sum + read(folder, name).length, 0);
    assertEquals(size, (pieces + 1) * piece.length);
  }));

Deno.test("openLogs() drops lines beyond the limit of a second, and says so", () =>
  withLogs({ ...plain, rateLimit: 3 }, async (folder, open) => {
    let seconds = 100;
    const logs = open({ clock: () => ({ seconds, nanos: 0 }) });
    logs.write("web", bytes("1\n2\n3\n4\n5\n"));
    seconds++;
    logs.write("web", bytes("6\n"));
    await logs.close();
    assertEquals(
      read(folder),
      "1\n2\n3\ndenit: 2 lines were dropped, as there were more than 3 in a second\n6\n",
    );
  }));

Deno.test("openLogs() shows lines on the console, and writes no file for them", () =>
  withLogs({ to: "console", lineLimit: 64 }, async (folder, open) => {
    const shown: string[] = [];
    const logs = open({ print: (service, line) => void shown.push(`${service}: ${line}`) });
    logs.write("web", bytes("one\ntwo\nthr"));
    assertEquals(shown, ["web: one", "web: two"]);
    logs.write("web", bytes("ee"));
    await logs.settle("web");
    logs.write("web", bytes("a".repeat(70) + "\n"));
    await logs.close();
    assertEquals(shown.slice(2), ["web: three", `web: ${"a".repeat(64)}`, "web: aaaaaa"]);
    assertEquals(names(folder), []);
  }));

Deno.test("write() on the console asks to wait where the console does", () =>
  withLogs({ to: "console" }, async (_folder, open) => {
    const held = Promise.withResolvers<void>();
    let shown = 0;
    const logs = open({
      print: () => {
        if (++shown > 2) return held.promise;
      },
    });
    assertEquals(logs.write("web", bytes("one\ntwo\n")), undefined);
    const relief = logs.write("web", bytes("three\nfo"));
    assert(relief instanceof Promise);
    held.resolve();
    await relief;
    await logs.close();
    assertEquals(shown, 4);
  }));

Deno.test("openLogs() keeps nothing but the last lines where nothing is to be kept", () =>
  withLogs({ to: "none" }, async (folder, open) => {
    const logs = open();
    logs.write("web", bytes("gone\n"));
    assertEquals(logs.tail("web"), ["gone"]);
    await logs.close();
    assertEquals(names(folder), []);
  }));

Deno.test("tail() has the last lines at hand", () =>
  withLogs(plain, async (_folder, open) => {
    const logs = open();
    assertEquals(logs.tail("web"), []);
    logs.write("web", bytes("first\nsec"));
    logs.write("web", bytes("ond\n"));
    assertEquals(logs.tail("web"), ["first", "second"]);
    logs.write("web", bytes(`${"y".repeat(5000)}\nlast\n`));
    assertEquals(logs.tail("web"), ["last"]);
    await logs.close();
  }));

Deno.test("openLogs() complains once of a folder that is none, and goes on", async () => {
  const faults: string[] = [];
  await withLogs(plain, async (folder, open) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const logs = open({ folder: `${folder}/file/log` });
    for (let count = 0; count < 10; count++) {
      logs.write("web", bytes("lost\n"));
      await logs.settle("web");
    }
    assertEquals(logs.tail("web").length, 10);
    await logs.close();
  }, faults);
  assertEquals(faults.length, 2);
  assertMatch(faults[0]!, /^cannot make the log folder/);
  assertMatch(faults[1]!, /^cannot open the log of web: /);
});

Deno.test("openLogs() says in the log what is missing in it", () =>
  withLogs(plain, async (folder, open) => {
    const logs = open({ folder: `${folder}/log`, report() {} });
    await Deno.remove(`${folder}/log`);
    logs.write("web", bytes("lost\n"));
    await logs.settle("web");
    await Deno.mkdir(`${folder}/log`);
    logs.write("web", bytes("kept\n"));
    await logs.close();
    assertEquals(
      read(folder, "log/web.log"),
      "kept\ndenit: 5 bytes were lost, as they could not be written\n",
    );
  }));
