import { assert, assertEquals } from "@std/assert";
import { canUnshare, runAsInit } from "../../tests/fixtures/namespaces.ts";
import { osError } from "../os/errno.ts";
import { allHolds, type Hold, releaseAll } from "./release_all.ts";

/** Holds that come off in an order: each only when those that it needs off are off. */
function stack(needs: Readonly<Record<string, readonly string[]>>, settle: Hold["settle"] = null) {
  const held = new Set(Object.keys(needs));
  const tried: string[] = [];
  const list = (): readonly Hold[] =>
    [...held].map((name) => ({
      name,
      release: () => {
        tried.push(name);
        if (needs[name]!.some((other) => held.has(other))) {
          return Promise.reject(
            osError("unmount", "EBUSY", name),
          );
        }
        held.delete(name);
        return Promise.resolve();
      },
      settle,
    }));
  return { list, tried, held };
}

const forEver = () => Infinity;

Deno.test("releaseAll() goes on in rounds as long as they make progress, and no longer", async () => {
  const said: string[] = [];
  const { list, tried, held } = stack({
    image: ["loop"],
    loop: ["inner"],
    inner: [],
    root: ["nobody", "root"],
  });
  await releaseAll(list, (fault) => said.push(fault), forEver);
  assertEquals(tried, ["image", "loop", "inner", "root", "image", "loop", "root", "image", "root", "root"]);
  assertEquals([...held], ["root"]);
  // Nothing is to be done about it, and so nothing is said.
  assertEquals(said, []);
});

Deno.test("releaseAll() says of what stays why it does, what was done instead, and why that could not be", async () => {
  const said: string[] = [];
  const say = (fault: string) => said.push(fault);
  await releaseAll(
    stack({ "/a": ["/a"] }, () => Promise.resolve("; it is read-only now")).list,
    say,
    forEver,
  );
  const refuse = () => Promise.reject(osError("make read-only", "EROFS", "/b"));
  await releaseAll(stack({ "/b": ["/b"] }, refuse).list, say, forEver);
  assertEquals(said, [
    "cannot unmount /a: EBUSY (device or resource busy); it is read-only now",
    "cannot unmount /b: EBUSY (device or resource busy); cannot make read-only /b: EROFS (read-only file system)",
  ]);
});

Deno.test("releaseAll() tries what takes too long once only, and lets nothing else wait for it", async () => {
  const said: string[] = [];
  const { list, tried, held } = stack({ disk: ["dead"], other: [] }, () => Promise.resolve("; settled"));
  let deaths = 0;
  const dead: Hold = {
    name: "dead",
    release: (limit) => {
      deaths++;
      assertEquals(limit, 10_000);
      return Promise.reject(osError("unmount", "ETIMEDOUT", "dead"));
    },
    settle: () => Promise.reject(new Error("it would hang")),
  };
  held.add("dead");
  await releaseAll(
    () => [...list().filter(({ name }) => name !== "dead"), dead],
    (fault) => said.push(fault),
    forEver,
  );
  assertEquals([deaths, tried], [1, ["disk", "other", "disk"]]);
  assertEquals(said, [
    "cannot unmount disk: EBUSY (device or resource busy); settled",
    "cannot unmount dead: ETIMEDOUT (connection timed out)",
  ]);
});

Deno.test("releaseAll() begins no further round once the time is up", async () => {
  let left = 1;
  const { list, tried } = stack({ a: ["b"], b: [] });
  await releaseAll(list, () => {}, () => left--);
  assertEquals(tried, ["a", "b"]);
});

Deno.test("allHolds() leaves the kernel's own file systems alone, and takes what was mounted last first", () => {
  const names = allHolds().map(({ name }) => name);
  assertEquals(names.filter((name) => /^\/(run|(proc|sys)(\/.*)?|dev\/(pts|shm))$/.test(name)), []);
});

Deno.test({
  name:
    "releaseAll() takes a stack of image, loop device, file system and bind off, and makes read-only what stays",
  ignore: !canUnshare,
  async fn() {
    const image = await Deno.makeTempFile();
    await Deno.truncate(image, 8 << 20);
    const format = await new Deno.Command("mkfs.ext4", { args: ["-q", "-F", image] }).output();
    assert(format.success, new TextDecoder().decode(format.stderr));
    const { text } = await runAsInit(`
      import { holdsOfMount, releaseAll } from "LIB/boot/release_all.ts";
      import { detachLoopAside, listLoops, listMounts, mount, MS_BIND } from "LIB/os/linux/mod.ts";
      const run = (program, ...args) => {
        const { stdout, stderr, success } = new Deno.Command(program, { args }).outputSync();
        if (!success) throw new Error(new TextDecoder().decode(stderr));
        return new TextDecoder().decode(stdout).trim();
      };
      Deno.mkdirSync("FOLDER/memory");
      mount("tmpfs", "FOLDER/memory", "tmpfs");
      Deno.copyFileSync("${image}", "FOLDER/memory/image");
      Deno.copyFileSync("${image}", "FOLDER/image");
      const loops = ["FOLDER/memory/image", "FOLDER/image"].map((file) => run("losetup", "--find", "--show", file));
      for (const [at, name] of ["inner", "busy", "written"].entries()) {
        Deno.mkdirSync("FOLDER/" + name);
        if (name !== "written") mount(loops[at], "FOLDER/" + name, "ext4");
      }
      mount("FOLDER/inner", "FOLDER/written", "", MS_BIND);
      Deno.writeTextFileSync("FOLDER/busy/file", "kept");
      const reads = Deno.openSync("FOLDER/busy/file");
      const ours = ({ device }) => loops.includes("/dev/" + device);
      const list = () => [
        ...listMounts().filter(({ point }) => point.startsWith("FOLDER/")).toReversed().flatMap(holdsOfMount),
        ...listLoops().filter(ours).map(({ device }) => ({
          name: device, release: (limit) => detachLoopAside(device, limit), settle: null,
        })),
      ];
      const state = () => listMounts().filter(({ point }) => point.startsWith("FOLDER/")).map(({ point, readOnly }) => point.split("/").at(-1) + (readOnly ? " ro" : " rw"));
      console.log(JSON.stringify(state()), listLoops().filter(ours).length);
      await releaseAll(list, (fault) => console.log(fault.replaceAll("FOLDER", "")), () => 20000);
      console.log(JSON.stringify(state()), listLoops().filter(ours).length);
      reads.close();
      globalThis.addEventListener("unload", () => listLoops().filter(ours).forEach(({ device }) => run("losetup", "--detach", "/dev/" + device)));
      await releaseAll(list, (fault) => console.log(fault), () => 20000);
      console.log(JSON.stringify(state()), listLoops().filter(ours).length);
    `);
    await Deno.remove(image);
    assertEquals(text.trim().split("\n"), [
      '["memory rw","inner rw","busy rw","written rw"] 2',
      "cannot unmount /busy: EBUSY (device or resource busy), used by process 1 (init: /busy/file); it is read-only now",
      '["busy ro"] 1',
      "[] 0",
    ]);
  },
});
