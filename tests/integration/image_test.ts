/** Images, taken apart by other people's programs, and run where nothing but them is there. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { zstdDecompressSync } from "node:zlib";
import type { ImageManifest } from "../../lib/build/image/mod.ts";
import { projectRoot } from "../../lib/build/mod.ts";
import { copyCheckout, runBuild } from "./build_checkout.ts";
import { namespaces, unshare } from "./harness.ts";

/** A child shows what it inherits and what it is made of; the init starts itself again for a script. */
const UNITS = `import { defineBundle, defineService, defineSystem, notificationFd, script } from "denit";

const show = (...words: string[]) => () => ({ argv: ["/bin/show", ...words] as const });
export const first = defineService({ kind: "oneshot", run: show() });
export const resolve = script({
  run: async () => {
    const addresses = await Deno.resolveDns("somewhere", "A").catch(() => []);
    const listener = Deno.listen({ hostname: "somewhere", port: 0 });
    listener.close();
    console.log(Deno.execPath(), JSON.stringify(Deno.env.toObject()), addresses, "listened");
  },
});
export const last = defineService({ deps: { first, resolve }, run: show("stay"), ready: notificationFd(3) });
export default defineSystem({ boot: defineBundle([last]) });
`;

const SHOW = `
#include <stdio.h>
#include <unistd.h>
extern char **environ;
int main(int argc, char **argv) {
  for (char **entry = environ; *entry; entry++) printf("env %s\\n", *entry);
  FILE *maps = fopen("/proc/self/maps", "r");
  int byte;
  while (maps && (byte = getc(maps)) != EOF) putchar(byte);
  fflush(stdout);
  if (argc > 1 && write(3, "\\n", 1) == 1) pause();
  return 0;
}
`;

/** A folder for the tests of this file, with a checkout in it. */
interface Workshop {
  readonly folder: string;
  /** Builds an image, and says where its folder is. */
  readonly build: (...args: string[]) => Promise<{ current: string; stdout: string }>;
}

async function openWorkshop(): Promise<Workshop> {
  const folder = await Deno.makeTempDir({ prefix: "denit-image-" });
  const checkout = join(folder, "checkout");
  await copyCheckout(checkout, UNITS);
  const build = async (...args: string[]) => {
    const { code, stdout, stderr } = await runBuild(checkout, ["build", ...args]);
    assertEquals(code, 0, stderr);
    return { current: join(checkout, "dist", "current"), stdout };
  };
  return { folder, build };
}

let opened: Promise<Workshop> | null = null;
/** One checkout for all tests: compiling takes longer than all the rest. */
const workshop = () => opened ??= openWorkshop();

Deno.test.afterAll(async () => {
  const folder = (await opened)?.folder;
  if (folder !== undefined) await Deno.remove(folder, { recursive: true });
});

interface Ended {
  readonly code: number;
  readonly text: string;
}

/** Runs a program to its end; its two outputs are one text. */
async function run(
  [program, ...args]: readonly string[],
  options: { readonly cwd?: string; readonly stdin?: Uint8Array<ArrayBuffer> } = {},
): Promise<Ended> {
  const { stdin } = options;
  const child = new Deno.Command(program!, {
    args,
    cwd: options.cwd,
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const fed = stdin === undefined ? null : new Blob([stdin]).stream().pipeTo(child.stdin);
  const { code, stdout, stderr } = await child.output();
  await fed;
  const text = new TextDecoder();
  return { code, text: text.decode(stdout) + text.decode(stderr) };
}

function isThere(program: string): boolean {
  try {
    return new Deno.Command(program, { args: ["--version"], stdin: "null", stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

/**
 * Runs a shell script in a folder that is the root of all there is. A new
 * namespace has the rest: /proc, the null device, empty folders to write into.
 */
async function inside(root: string, command: readonly string[]): Promise<Ended> {
  const prepare = `set -e
mkdir -p "$0/dev" "$0/run" "$0/tmp"
for folder in dev run tmp; do mount -t tmpfs none "$0/$folder"; done
touch "$0/dev/null"
mount --bind /dev/null "$0/dev/null"
mount -t proc proc "$0/proc"
ip link set lo up
exec env -i "$(command -v chroot)" "$0" "$@"`;
  const path = `PATH=${Deno.env.get("PATH")}:/usr/sbin:/sbin`;
  return await run([
    ...unshare("--pid", "--fork", "--net", "--kill-child"),
    ...["env", path, "sh", "-c", prepare, root, ...command],
  ]);
}

async function manifestIn(folder: string): Promise<ImageManifest> {
  return JSON.parse(await Deno.readTextFile(join(folder, "image.json")));
}

async function hash(path: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(path))).toHex();
}

Deno.test({
  name: "an initramfs is what cpio and image.json say it is, and is complete",
  ignore: !isThere("cpio"),
  fn: async (t) => {
    const { folder, build } = await workshop();
    const { current, stdout } = await build(
      ...[
        "--image",
        "initramfs",
        "--include",
        "ls",
        "--link",
        "/bin/dir:ls",
        "--file",
        "units/mod.ts:/etc/units.ts",
      ],
    );
    const { generation, images: { initramfs } } = await manifestIn(current);
    assert(initramfs !== undefined);
    const archive = zstdDecompressSync(await Deno.readFile(join(current, initramfs.path)));
    const root = join(folder, "initramfs");
    await Deno.mkdir(root);

    await t.step("cpio lists what belongs into it", async () => {
      const { code, text } = await run(["cpio", "-tv"], { stdin: new Uint8Array(archive) });
      assertEquals(code, 0, text);
      const lines = text.split("\n").map((line) => line.replace(/ +/g, " "));
      const line = (end: string) => lines.find((one) => one.endsWith(` ${end}`)) ?? `no ${end} in\n${text}`;
      assertMatch(line("dev/console"), /^crw------- 1 root root 5, 1 Jan 1 1970 /);
      assertMatch(line("dev/null"), /^crw-rw-rw- 1 root root 1, 3 Jan 1 1970 /);
      assertMatch(line("init"), /^-rwxr-xr-x 1 root root \d+ Jan 1 1970 init$/);
      assertMatch(line("tmp"), /^drwxrwxrwt 2 root root 0 Jan 1 1970 tmp$/);
      for (const link of ["proc/self/exe -> /init", "lib64 -> usr/lib64", "usr/bin/dir -> ls"]) {
        assertMatch(line(link), /^lrwxrwxrwx 1 root root /);
      }
    });

    await t.step("each file has the size and the hash that image.json names", async () => {
      // Only root may make devices.
      const { code, text } = await run(["cpio", "-idu", "--quiet", "-f", "dev/*"], {
        cwd: root,
        stdin: new Uint8Array(archive),
      });
      assertEquals(code, 0, text);
      const named = Object.values(initramfs.parts).flatMap(({ files }) => files);
      for (const { path, size, sha256 } of named) {
        const { size: real, isFile } = await Deno.lstat(join(root, path));
        assertEquals([isFile, real, await hash(join(root, path))], [true, size, sha256], path);
      }
      const { text: count } = await run(["find", root, "-type", "f", "-printf", "."]);
      assertEquals(count.length, named.length, "a file is not named");
      assertEquals(await Deno.readTextFile(join(root, "etc/units.ts")), UNITS);
    });

    await t.step("the command line names its parts, the largest first", () => {
      const parts = [...stdout.matchAll(/^ +[\d.]+ [kM]B +(\w+)/gm)].map(([, part]) => part);
      assertEquals(parts, ["init", "glibc", "programs", "files"]);
      assertStringIncludes(stdout, `initramfs.cpio.zst (${(initramfs.size / 1e6).toFixed(1)} MB zstd`);
    });

    await t.step({
      name: "nothing is missing where there is nothing else",
      ignore: !namespaces,
      fn: async () => {
        const version = await inside(root, ["/init", "--version"]);
        assertEquals(version.code, 0, version.text);
        assertStringIncludes(version.text, `generation ${generation}`);
        const checked = await inside(root, ["/sbin/init", "check"]);
        assertEquals(checked.code, 0, checked.text);
        const { text } = await inside(root, ["/bin/dir", "/"]);
        assertEquals(text.includes("persist"), true, text);
      },
    });
  },
});

Deno.test({
  name: "an overlay brings init into an image of musl: it boots, and its children get nothing of glibc",
  ignore: !namespaces || !isThere("musl-gcc"),
  fn: async () => {
    const { folder, build } = await workshop();
    const [source, program] = [join(folder, "show.c"), join(folder, "show")];
    await Deno.writeTextFile(source, SHOW);
    const compiled = await run(["musl-gcc", "-o", program, source]);
    assertEquals(compiled.code, 0, compiled.text);
    const { current } = await build("--image", "overlay");
    const { generation, images: { overlay } } = await manifestIn(current);
    const paths = Object.values(overlay?.parts ?? {}).flatMap(({ files }) => files.map(({ path }) => path));
    assertEquals(paths.filter((path) => path !== "/sbin/init" && !path.startsWith("/usr/lib/denit/")), []);

    // The image of somebody else, and the overlay copied over it.
    const root = join(folder, "musl");
    for (const path of ["bin", "lib", "etc"]) await Deno.mkdir(join(root, path), { recursive: true });
    const musl = "/lib/ld-musl-x86_64.so.1";
    await Deno.copyFile(musl, join(root, musl));
    await Deno.copyFile(program, join(root, "bin/show"));
    await Deno.writeTextFile(join(root, "etc/hosts"), "127.0.0.1 somewhere\n");
    assertEquals((await run(["cp", "-a", `${join(current, "overlay")}/.`, root])).code, 0);

    const version = await inside(root, ["/sbin/init", "--version"]);
    assertStringIncludes(version.text, `generation ${generation}`);
    assertEquals(version.code, 0, version.text);
    const checked = await inside(root, ["/sbin/init", "check"]);
    assertEquals(checked.code, 0, checked.text);
    // A folder of the image, as /run is gone with the namespace.
    const boot = await inside(root, ["/sbin/init", "boot", "--once", "--log-dir", "/etc/log"]);
    assertEquals(boot.code, 0, boot.text);
    assertMatch(boot.text, /last +ready after/);
    const log = async (name: string) => await Deno.readTextFile(join(root, "etc/log", `${name}.log`));
    for (const name of ["first", "last"]) {
      const text = await log(name);
      assertStringIncludes(text, musl);
      assertEquals(text.split("\n").filter((line) => /env LD_|denit|glibc|libc\.so\.6/.test(line)), []);
    }
    const resolved = await log("resolve");
    assertMatch(resolved, /\/sbin\/init \{.*\} .*listened/);
    assertEquals(resolved.includes("LD_"), false, resolved);
  },
});

Deno.test("build says what is wrong with an image before it builds anything", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const wrong = [
      [["--include", "ls"], "cannot use --include: no image is wanted"],
      [["--image", "rootfs", "--compress", "gzip"], "cannot compress a rootfs: it is a folder"],
      [["--image", "initramfs", "--modules", "ext4"], "cannot find kernel modules"],
      [
        ["--image", "initramfs", "--include", "denit-no-such"],
        "cannot include denit-no-such: no folder of PATH has it",
      ],
      [["--image", "floppy"], "Allowed choices are initramfs, rootfs, overlay"],
    ] as const;
    for (const [args, message] of wrong) {
      const { code, stderr } = await runBuild(
        projectRoot,
        ["build", "--out", join(folder, "dist"), ...args],
        folder,
      );
      assertEquals(code, 100, stderr);
      assertStringIncludes(stderr, message);
    }
    assertEquals([...Deno.readDirSync(folder)], []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
