/** Debian's PostgreSQL, which is built with libsystemd: what was committed is there after every end, and who is amid a transaction may finish it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ask, resultOf } from "../integration/ask.ts";
import { type Init, withInit } from "../integration/harness.ts";
import { Conversation, has, run } from "./daemon.ts";

const bin = "/usr/lib/postgresql/15/bin";

function units(folder: string): string {
  // The folder of a test is its owner's alone, and the user of the database has to get through.
  Deno.chmodSync(folder, 0o755);
  return `
const own = {
  user: "postgres",
  directories: { runtime: "${folder}/socket/postgres", state: { path: "${folder}/lib/postgres", mode: 0o700 } },
};
export const cluster = defineService({
  kind: "oneshot",
  timeout: seconds(60),
  run: () => ({
    ...own,
    argv: ["/bin/sh", "-c", "[ -e ${folder}/lib/postgres/data/PG_VERSION ] || exec ${bin}/initdb -D ${folder}/lib/postgres/data --locale=C.UTF-8 -A trust --no-sync --no-instructions"],
  }),
});
export const database = defineService({
  deps: { cluster },
  run: () => ({
    ...own,
    argv: ["${bin}/postgres", "-D", "${folder}/lib/postgres/data", "-k", "${folder}/socket/postgres", "-c", "listen_addresses="],
  }),
  ready: sdNotify(),
  stop: { timeout: seconds(30) },
});
export default defineSystem({ boot: defineBundle([database]) });`;
}

/** The arguments of psql(1). */
const psql = (init: Init) => [
  "-X",
  "-q",
  "-A",
  "-t",
  "-v",
  "ON_ERROR_STOP=1",
  "-h",
  `${init.folder}/socket/postgres`,
  "-U",
  "postgres",
  "postgres",
];
const query = async (init: Init, sql: string) =>
  (await run(`${bin}/psql`, ["-c", sql, ...psql(init)])).trim();
const talk = (init: Init) => new Conversation(`${bin}/psql`, psql(init), (sql) => `${sql};\n\\echo done`);

Deno.test({
  name:
    "PostgreSQL is up when it takes connections, lets a transaction finish before it stops, and recovers from kill -9",
  ignore: Deno.uid() !== 0 || !has(`${bin}/postgres`),
  fn: async () => {
    await withInit({ units }, async (init) => {
      const first = await init.up("database");
      assertEquals(await query(init, "create table entries (name text); select 'there'"), "there");
      // An orderly stop waits for whoever is amid something: that of SIGTERM is smart.
      {
        await using client = talk(init);
        assertEquals(
          await client.tell("begin; insert into entries values ('patient'); select 'open'"),
          "open",
        );
        const stopped = ask(init, "stop", { names: ["database"] });
        await init.event("stopping", "database");
        await init.eventually(
          () => query(init, "select 1").then(() => false, (error) => `${error}`.includes("shutting down")),
          "no more connections",
        );
        assertEquals(await client.tell("commit; select count(*) from entries"), "1");
        assertEquals(await client.end(), 0);
        assertEquals(resultOf(await stopped), { down: ["database"], notes: [] });
      }
      resultOf(await ask(init, "start", { names: ["database"] }));
      const second = await init.up("database", first);
      assertEquals(await query(init, "select name from entries"), "patient");
      // A crash: what was committed is there, what was not is not.
      const client = talk(init);
      await client.tell("insert into entries values ('committed')");
      await client.tell("begin; insert into entries values ('lost')");
      Deno.kill(second, "SIGKILL");
      const third = await init.up("database", second);
      await client.end();
      assert(third !== second);
      assertEquals(await query(init, "select name from entries"), "patient\ncommitted");
      assertMatch(
        await init.log("database"),
        /database system was not properly shut down; automatic recovery in progress/,
      );
      assertEquals(init.all("up", "database").length, 3);
    });
  },
});
