/** The shop as its README runs it, with the nginx and the PostgreSQL of this machine, which are Debian's. */
import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join, relative } from "@std/path";
import { buildInit } from "../../tests/fixtures/build_init.ts";
import { Container, CONTAINER_USER, findEngine } from "../../tests/fixtures/container.ts";

const here = fromFileUrl(new URL(".", import.meta.url));
const programs = ["/usr/sbin/nginx", "/usr/lib/postgresql/15/bin/postgres", "/usr/bin/psql"];

/** Why this machine cannot run it; null if it can. */
async function obstacle(): Promise<string | null> {
  const missing = programs.filter((path) => !exists(path));
  if (missing.length > 0) return `there is no ${missing.join(", ")}: install nginx-light and postgresql-15`;
  if (Deno.uid() !== 0) {
    return "PostgreSQL refuses to be root, which is all that we can be in a namespace of ours";
  }
  const { engine, obstacles } = await findEngine();
  return engine === null ? obstacles.join("; ") : null;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** The files of the image by their paths in there. */
function imageFiles(folder = join(here, "image")): Record<string, string> {
  const files: Record<string, string> = {};
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) Object.assign(files, imageFiles(path));
    else if (name !== "init") files[`/${relative(join(here, "image"), path)}`] = Deno.readTextFileSync(path);
  }
  return files;
}

/** What the Containerfile starts. */
function entryPoint(): readonly string[] {
  const line = /^ENTRYPOINT (.*)$/m.exec(Deno.readTextFileSync(join(here, "Containerfile")))![1]!;
  const [program, ...args]: readonly string[] = JSON.parse(line);
  assertEquals(program, "/init");
  return args;
}

/** How often the shop has opened, as nginx tells it. */
async function openings(box: Container): Promise<number> {
  const page = await box.get("http://127.0.0.1:8080/");
  return Number(/opened (\d+) times/.exec(page)?.[1] ?? assert(false, page));
}

const why = await obstacle();

Deno.test({
  name: `the shop serves, keeps its data through an orderly stop and a crash${
    why === null ? "" : `: ${why}`
  }`,
  ignore: why !== null,
  fn: async (t) => {
    const scratch = await Deno.makeTempDir({ prefix: "denit-shop-" });
    try {
      const init = await buildInit(join(here, "units.ts"), join(scratch, "dist"));
      const volume = join(scratch, "volume");
      await Deno.mkdir(volume);
      if (Deno.uid() === 0) await Deno.chown(volume, CONTAINER_USER, CONTAINER_USER);
      // What is above it is for us alone, and the user in there has to get through.
      await Deno.chmod(scratch, 0o755);
      const { engine } = await findEngine();
      const open = () =>
        Container.start(engine!, {
          init,
          args: entryPoint(),
          volumes: { "/data": volume },
          files: { ...imageFiles(), "/data/.keep": "" },
        });

      await t.step("it opens, and stops in order", async () => {
        await using shop = await open();
        await shop.says("booted in");
        assertEquals(await openings(shop), 1);
        const sql = await shop.exec(
          ...["/usr/bin/psql", "-X", "-h", "/run", "-U", "shop", "-d", "postgres", "-At"],
          ...[
            "-c",
            "CREATE TABLE sale (what text); INSERT INTO sale VALUES ('a hat'); SELECT what FROM sale",
          ],
        );
        assertStringIncludes(sql.text, "a hat", shop.output);
        await shop.signal("SIGTERM");
        assertEquals(await shop.ended(), 0, shop.output);
        const order = [
          "web       stops",
          "web       down",
          "database  stops",
          "database system is shut down",
          "everything is down",
        ];
        for (const [index, text] of order.entries()) {
          assert(shop.output.includes(text), `“${text}” is missing:\n${shop.output}`);
          if (index > 0) {
            assert(shop.output.indexOf(order[index - 1]!) < shop.output.indexOf(text), shop.output);
          }
        }
      });

      await t.step(
        "it opens again, passes SIGHUP on to nginx, and brings PostgreSQL back in place",
        async () => {
          await using shop = await open();
          await shop.says("booted in");
          assertFalse(shop.output.includes("recovery"), "it was stopped in order");
          assertEquals(await openings(shop), 2);
          await shop.signal("SIGHUP");
          await shop.says("SIGHUP: passed on to web");
          await shop.says("reconfiguring");
          const { text } = await shop.exec(
            "/bin/sh",
            "-c",
            "kill -KILL $(head -n 1 /data/postgres/postmaster.pid)",
          );
          assertEquals(text, "");
          await shop.says("failed: killed by SIGKILL");
          await shop.says("automatic recovery");
          await shop.until(() => shop.output.split("database  ready").length === 3, "PostgreSQL once more");
          assertEquals(await openings(shop), 2, "nginx went on, and nobody had to make the page again");
          await shop.signal("SIGKILL");
          await shop.ended();
        },
      );

      await t.step(
        "it opens after it was killed, with all that was in there, and ends when nginx does",
        async () => {
          await using shop = await open();
          await shop.says("booted in");
          assertStringIncludes(shop.output, "automatic recovery");
          assertEquals(await openings(shop), 3);
          const sql = await shop.exec(
            ...[
              "/usr/bin/psql",
              "-X",
              "-h",
              "/run",
              "-U",
              "shop",
              "-d",
              "postgres",
              "-At",
              "-c",
              "SELECT what FROM sale",
            ],
          );
          assertEquals(sql.text, "a hat\n");
          await shop.exec("/bin/sh", "-c", "kill -KILL $(cat /run/nginx.pid)");
          assertEquals(await shop.ended(), 128 + 9, shop.output);
          assertStringIncludes(shop.output, "web has ended for good: killed by SIGKILL; the container ends");
          assertStringIncludes(shop.output, "database system is shut down");
        },
      );
    } finally {
      await Deno.remove(scratch, { recursive: true });
    }
  },
});
