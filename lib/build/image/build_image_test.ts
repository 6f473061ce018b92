import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { BuildFailure } from "../failure.ts";
import { silentProgress } from "../progress.ts";
import { sha256 } from "../sha256.ts";
import { buildImage, type Built, type ImageOptions } from "./build_image.ts";
import type { ImageManifest } from "./image_manifest.ts";

/** Any program with a loader can stand for an init, as nothing runs it here. */
const someInit = "/bin/sh";

const options = (more: Partial<ImageOptions>): ImageOptions => ({
  kind: "initramfs",
  compression: "zstd",
  merged: false,
  progress: silentProgress,
  ...more,
});

/** Runs a body with a generation whose init is a copy of `/bin/sh`. */
async function withGeneration(body: (built: Built, root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    const folder = join(root, "dist", "abc");
    await Deno.mkdir(folder, { recursive: true });
    await Deno.copyFile(someInit, join(folder, "init"));
    await body({ generation: "abc", folder, init: join(folder, "init") }, root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

async function manifestIn(folder: string): Promise<ImageManifest> {
  return JSON.parse(await Deno.readTextFile(join(folder, "image.json")));
}

/** Every path below a folder: what it is, its mode, time, and hash or target. */
async function listing(folder: string, path = ""): Promise<string[]> {
  const lines: string[] = [];
  for (const name of names(join(folder, path))) {
    const inside = `${path}/${name}`;
    const { isFile, isSymlink, mode, mtime } = await Deno.lstat(join(folder, inside));
    const what = isSymlink
      ? await Deno.readLink(join(folder, inside))
      : isFile
      ? await sha256(await Deno.readFile(join(folder, inside)))
      : "folder";
    lines.push(`${inside} ${mode?.toString(8)} ${mtime?.getTime()} ${what}`);
    if (!isFile && !isSymlink) lines.push(...await listing(folder, inside));
  }
  return lines;
}

Deno.test("buildImage makes the same bytes of the same contents, in another folder and with other times", async () => {
  const seen: unknown[] = [];
  for (const _ of [1, 2]) {
    await withGeneration(async (built, root) => {
      await Deno.mkdir(join(root, "etc"));
      // What a folder lists first differs from one file system to the next.
      for (const name of seen.length === 0 ? ["a", "b"] : ["b", "a"]) {
        await Deno.writeTextFile(join(root, "etc", name), name, { mode: 0o600 });
      }
      await Deno.utime(join(root, "etc", "a"), seen.length, seen.length);
      const files = ["a", "b"].map((name) => ({ path: `/etc/${name}`, content: join(root, "etc", name) }));
      const contents = { files: seen.length === 0 ? files : files.toReversed(), programs: ["/bin/ls"] };
      for (const kind of ["initramfs", "rootfs", "overlay"] as const) {
        await buildImage(built, options({ ...contents, kind }));
      }
      const text = await Deno.readTextFile(join(built.folder, "image.json"));
      assertEquals(text.includes(root), false, "image.json tells where it was made");
      seen.push([
        text,
        await sha256(await Deno.readFile(join(built.folder, "initramfs.cpio.zst"))),
        await listing(join(built.folder, "rootfs")),
        await listing(join(built.folder, "overlay")),
      ]);
    });
  }
  assertEquals(seen[0], seen[1]);
});

Deno.test("buildImage tells in image.json what is there", async () => {
  await withGeneration(async (built) => {
    const motd = new TextEncoder().encode("welcome\n");
    const record = await buildImage(
      built,
      options({ kind: "rootfs", files: [{ path: "/etc/motd", content: motd }] }),
    );
    assertEquals((await manifestIn(built.folder)).images, { rootfs: record });
    assertEquals(record.leftOut, ["/dev/console", "/dev/null"]);
    const files = Object.values(record.parts).flatMap((part) => part.files);
    for (const { path, sha256: hash, size } of files) {
      const bytes = await Deno.readFile(join(built.folder, "rootfs", path));
      assertEquals([bytes.length, await sha256(bytes)], [size, hash], path);
    }
    assertEquals(record.size, files.reduce((sum, { size }) => sum + size, 0));
    assertEquals(record.parts.files?.files, [{
      path: "/etc/motd",
      size: 8,
      sha256: await sha256("welcome\n"),
    }]);
    assertEquals(record.parts.init?.files.map(({ path }) => path), ["/init"]);
  });
});

Deno.test("buildImage replaces an image, also one compressed in another way, and lets the others be", async () => {
  await withGeneration(async (built) => {
    await buildImage(built, options({ kind: "overlay" }));
    await buildImage(built, options({ compression: "none" }));
    assertEquals(names(built.folder), ["image.json", "init", "initramfs.cpio", "overlay"]);
    await buildImage(built, options({ compression: "gzip" }));
    await buildImage(built, options({ kind: "overlay", links: { "/bin/x": "y" } }));
    assertEquals(names(built.folder), ["image.json", "init", "initramfs.cpio.gz", "overlay"]);
    const { images } = await manifestIn(built.folder);
    assertEquals(images.initramfs?.compression, "gzip");
    const bytes = await Deno.readFile(join(built.folder, "initramfs.cpio.gz"));
    assertEquals([bytes.length, await sha256(bytes)], [images.initramfs?.size, images.initramfs?.sha256]);
    assertEquals(await Deno.readLink(join(built.folder, "overlay/bin/x")), "y");
  });
});

Deno.test("buildImage packs the same archive in each way", async () => {
  await withGeneration(async (built) => {
    const archives = [];
    const ways = [["none", (bytes: Uint8Array) => bytes], ["gzip", gunzipSync], [
      "zstd",
      zstdDecompressSync,
    ]] as const;
    for (const [compression, unpack] of ways) {
      const { path, unpacked } = await buildImage(built, options({ compression }));
      const archive = unpack(await Deno.readFile(join(built.folder, path)));
      assert(archive.length > unpacked);
      archives.push(await sha256(new Uint8Array(archive)));
    }
    assertEquals(new Set(archives).size, 1);
  });
});

Deno.test("buildImage leaves all as it was if it fails", async () => {
  await withGeneration(async (built) => {
    await buildImage(built, options({ kind: "rootfs" }));
    const before = await listing(built.folder);
    const clash = { path: "/init", content: new Uint8Array(1) };
    const error = await assertRejects(
      () => buildImage(built, options({ kind: "rootfs", files: [clash] })),
      BuildFailure,
    );
    assertStringIncludes(error.message, "cannot place the build at /init: ");
    assertStringIncludes(error.message, built.init);
    assertEquals(await listing(built.folder), before);
  });
});

Deno.test("buildImage does not take a damaged image.json, or that of another generation, for true", async () => {
  await withGeneration(async (built) => {
    for (const text of ["{", '{"image":1,"generation":"other","images":{"rootfs":{"path":"rootfs"}}}']) {
      await Deno.writeTextFile(join(built.folder, "image.json"), text);
      await buildImage(built, options({ compression: "none" }));
      assertEquals(Object.keys((await manifestIn(built.folder)).images), ["initramfs"]);
    }
  });
});

Deno.test("buildImage puts an overlay where the image has merged folders, or has not", async () => {
  await withGeneration(async (built) => {
    for (const [merged, sbin] of [[false, "/sbin"], [true, "/usr/sbin"]] as const) {
      const { parts } = await buildImage(built, options({ kind: "overlay", merged }));
      assertEquals(parts.init?.files.map(({ path }) => path), [`${sbin}/init`]);
      assertEquals(names(join(built.folder, "overlay")), merged ? ["proc", "usr"] : ["proc", "sbin", "usr"]);
      assertEquals(await Deno.readLink(join(built.folder, "overlay", sbin, "initctl")), "init");
    }
  });
});

Deno.test("buildImage refuses a script without what runs it, and takes it with that", async () => {
  await withGeneration(async (built, root) => {
    const script = join(root, "script");
    await Deno.writeTextFile(script, "#!/usr/bin/env -S sh -e\n");
    const program = { host: script, path: "/usr/bin/script" };
    const withThose = (...programs: string[]) =>
      buildImage(built, options({ programs: [...programs, program] }));
    await assertRejects(
      () => withThose(),
      BuildFailure,
      "it is a script, and /usr/bin/env, which runs it, is not there",
    );
    const error = await assertRejects(() => withThose("/usr/bin/env"), BuildFailure, "and sh, which runs it");
    assertEquals(error.cure, "include that too: --include sh");
    await withThose("/usr/bin/env", "/bin/sh");
    // Below an overlay there may be what runs it.
    await buildImage(built, options({ kind: "overlay", programs: [program] }));
  });
});
