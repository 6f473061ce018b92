import { assert, assertEquals, assertMatch } from "@std/assert";
import { openLogs } from "./logs.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("openLogs() keeps a file for each service, and appends to what is there", async () => {
  const folder = await Deno.makeTempDir() + "/log";
  for (const text of ["one\n", "two\n"]) {
    const logs = openLogs(folder, (fault) => assert(false, fault));
    logs.write("web", bytes(text));
    logs.write("db", bytes(text));
    logs.close();
  }
  assertEquals(await Deno.readTextFile(`${folder}/web.log`), "one\ntwo\n");
  assertEquals(await Deno.readTextFile(`${folder}/db.log`), "one\ntwo\n");
});

Deno.test("openLogs() puts a large log aside, and loses nothing of it", async () => {
  const folder = await Deno.makeTempDir();
  const logs = openLogs(folder, (fault) => assert(false, fault));
  const line = "x".repeat(1023) + "\n";
  for (let count = 0; count < 5000; count++) logs.write("web", bytes(line));
  logs.close();
  const old = await Deno.stat(`${folder}/web.log.1`);
  const now = await Deno.stat(`${folder}/web.log`);
  assertEquals(old.size + now.size, 5000 * 1024);
  assert(old.size <= 4 * 1024 * 1024);
});

Deno.test("openLogs() has the last lines at hand", () => {
  const logs = openLogs(Deno.makeTempDirSync(), (fault) => assert(false, fault));
  assertEquals(logs.tail("web"), []);
  logs.write("web", bytes("first\nsec"));
  logs.write("web", bytes("ond\n"));
  assertEquals(logs.tail("web"), ["first", "second"]);
  logs.write("web", bytes(`${"y".repeat(5000)}\nlast\n`));
  assertEquals(logs.tail("web"), ["last"]);
  logs.close();
});

Deno.test("openLogs() complains once of a folder that is none, and goes on", () => {
  const file = Deno.makeTempFileSync();
  const faults: string[] = [];
  const logs = openLogs(`${file}/log`, (fault) => faults.push(fault));
  for (let count = 0; count < 10; count++) logs.write("web", bytes("lost\n"));
  assertEquals(logs.tail("web").length, 10);
  assertEquals(faults.length, 2);
  assertMatch(faults[0]!, /^cannot make the log folder/);
  assertMatch(faults[1]!, /^cannot open the log of web: /);
  logs.close();
});
