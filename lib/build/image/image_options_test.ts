import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { BuildFailure } from "../failure.ts";
import { fileOption, linkOption, linkTable, modulesOption, programOption } from "./image_options.ts";

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("programOption() takes a name in PATH, a path, and a pair", () => {
  const sh = programOption("sh");
  assertEquals([sh.path, sh.host.endsWith("/sh")], [sh.host, true]);
  assertEquals(programOption("/usr/bin/../bin/sh"), { host: "/usr/bin/../bin/sh", path: "/usr/bin/sh" });
  assertEquals(programOption("/opt/a:b/tool:/bin/t"), { host: "/opt/a:b/tool", path: "/bin/t" });
});

Deno.test("programOption() says what is missing of a name and of a relative path", () => {
  assertThrows(() => programOption("denit-no-such-program"), BuildFailure, "no folder of PATH has it");
  const error = assertThrows(() => programOption("out/tool"), BuildFailure, "it is not said where");
  assertEquals(error.cure, "say it behind a colon: --include out/tool:/usr/bin/tool");
});

Deno.test("fileOption() takes a file, or all that is in a folder, links as links", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(join(folder, "deep"));
    await Deno.writeTextFile(join(folder, "deep", "b"), "");
    await Deno.writeTextFile(join(folder, "a"), "");
    await Deno.symlink("a", join(folder, "link"));
    await Deno.symlink(".", join(folder, "deep", "loop"));
    const { files, links } = fileOption(`${folder}:/etc/x/`);
    assertEquals(files.toSorted((one, other) => one.path < other.path ? -1 : 1), [
      { path: "/etc/x/a", content: join(folder, "a") },
      { path: "/etc/x/deep/b", content: join(folder, "deep", "b") },
    ]);
    assertEquals(links.toSorted(), [["/etc/x/deep/loop", "."], ["/etc/x/link", "a"]]);
    assertEquals(fileOption(`${folder}/a:/b`), {
      files: [{ path: "/b", content: join(folder, "a") }],
      links: [],
    });
  });
  assertThrows(() => fileOption("motd"), BuildFailure, "it is not said where the file shall stand");
});

Deno.test("linkOption() and linkTable() take links, and refuse two targets for one", () => {
  const links = ["/bin/sh:busybox", "/etc/x:/a:b"].map(linkOption);
  assertEquals(linkTable([...links, ...links]), { "/bin/sh": "busybox", "/etc/x": "/a:b" });
  assertThrows(
    () => linkTable([...links, ["/bin/sh", "dash"]]),
    BuildFailure,
    "it is a link to busybox already",
  );
  for (const text of ["/bin/sh", "sh:busybox", "/bin/sh:"]) {
    assertThrows(() => linkOption(text), BuildFailure, "PATH:TARGET", text);
  }
});

Deno.test("modulesOption() takes the root of one kernel, or the folder of one of several", async () => {
  await withFolder(async (root) => {
    assertThrows(() => modulesOption("a", root), BuildFailure, "there is no kernel in");
    const folder = join(root, "lib/modules/6.1");
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(join(folder, "modules.dep"), "");
    const expected = { root, release: "6.1", names: ["a", "b"] };
    assertEquals(modulesOption("a, b,", root), expected);
    assertEquals(modulesOption("a,b", folder), expected);
    await Deno.mkdir(join(root, "lib/modules/6.2"));
    assertThrows(() => modulesOption("a", root), BuildFailure, "there are several in it: 6.1, 6.2");
    assertEquals(modulesOption("a,b", `${folder}/`), expected);
  });
});
