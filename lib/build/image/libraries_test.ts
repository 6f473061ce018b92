import { assertEquals, assertThrows } from "@std/assert";
import { basename, dirname, join } from "@std/path";
import { elfFile, type ElfSays } from "../../../tests/fixtures/elf_file.ts";
import { BuildFailure } from "../failure.ts";
import { libraryClosure } from "./libraries.ts";

/** Runs a body in a folder with ELF files that name one another. */
async function withFiles(files: Record<string, ElfSays>, body: (root: string) => void): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    for (const [path, says] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(root, path)), { recursive: true });
      const texts = Object.entries(says).map(([key, value]) => [
        key,
        typeof value === "string" ? value.replaceAll("ROOT", root) : value,
      ]);
      await Deno.writeFile(join(root, path), elfFile(Object.fromEntries(texts)));
    }
    body(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const interpreter = "/lib64/ld-linux-x86-64.so.2";

/** The libraries of a program in the folder, but for the loader: places in the image, from the folder. */
function found(root: string, program: string, at = join(root, program)): Record<string, string> {
  const { libraries } = libraryClosure({ host: join(root, program), path: at })!;
  return Object.fromEntries(
    libraries.slice(1).map(({ path, host }) => [path.replace(root, ""), host.replace(root, "")]),
  );
}

Deno.test("libraryClosure() finds what ldd finds", async () => {
  const { stdout } = await new Deno.Command("ldd", { args: [Deno.execPath()], env: { LC_ALL: "C" } })
    .output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n").filter((line) => !line.includes("vdso"));
  const expected = lines.map((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1]).filter((path) =>
    path !== undefined
  );
  const { libraries } = libraryClosure({ host: Deno.execPath(), path: "/init" })!;
  assertEquals(
    libraries.map(({ path }) => basename(path)).sort(),
    expected.map((path) => basename(path)).sort(),
  );
  const hosts = expected.map((path) => Deno.realPathSync(path)).sort();
  assertEquals(libraries.map(({ host }) => host).sort(), hosts);
});

Deno.test("libraryClosure() has nothing for a static program, and null for what is none", async () => {
  await withFiles({ program: {} }, (root) => {
    assertEquals(libraryClosure({ host: join(root, "program"), path: "/x" }), {
      interpreter: null,
      libraries: [],
    });
    Deno.writeTextFileSync(join(root, "text"), "#!/bin/sh\n");
    assertEquals(libraryClosure({ host: join(root, "text"), path: "/x" }), null);
  });
});

Deno.test("libraryClosure() follows DT_RUNPATH, which is for a file's own libraries only", async () => {
  const files = {
    "bin/program": { interpreter, needed: ["liba.so"], runpath: "ROOT/a" },
    "a/liba.so": { needed: ["libb.so"], runpath: "ROOT/b" },
    "b/libb.so": {},
    // Of no use: libb.so is asked for by liba.so.
    "a/libb.so": {},
  };
  await withFiles(files, (root) => {
    assertEquals(found(root, "bin/program"), { "/a/liba.so": "/a/liba.so", "/b/libb.so": "/b/libb.so" });
  });
});

Deno.test("libraryClosure() hands DT_RPATH on to the libraries of libraries, unless there is a DT_RUNPATH", async () => {
  const library = { "r/liba.so": { needed: ["libb.so"] }, "r/libb.so": {} };
  await withFiles({ program: { interpreter, needed: ["liba.so"], rpath: "ROOT/r" }, ...library }, (root) => {
    assertEquals(Object.keys(found(root, "program")), ["/r/liba.so", "/r/libb.so"]);
  });
  const both = { interpreter, needed: ["liba.so"], rpath: "ROOT/r", runpath: "ROOT/elsewhere" };
  await withFiles({ program: both, ...library }, (root) => {
    assertThrows(() => found(root, "program"), BuildFailure, "it needs liba.so, which is in none of");
  });
});

Deno.test("libraryClosure() counts $ORIGIN from where the program will stand", async () => {
  const files = {
    "bin/program": { interpreter, needed: ["liba.so"], runpath: "$ORIGIN/../lib" },
    "lib/liba.so": { needed: ["libb.so"], runpath: "${ORIGIN}/more" },
    "lib/more/libb.so": {},
  };
  await withFiles(files, (root) => {
    assertEquals(found(root, "bin/program", "/opt/own/bin/program"), {
      "/opt/own/lib/liba.so": "/lib/liba.so",
      "/opt/own/lib/more/libb.so": "/lib/more/libb.so",
    });
  });
});

Deno.test("libraryClosure() passes over a library for another machine", async () => {
  const files = {
    program: { interpreter, needed: ["liba.so"], runpath: "ROOT/32:ROOT/64" },
    "32/liba.so": {},
    "64/liba.so": {},
  };
  await withFiles(files, (root) => {
    const other = Deno.readFileSync(join(root, "32/liba.so"));
    other[4] = 1;
    Deno.writeFileSync(join(root, "32/liba.so"), other);
    assertEquals(Object.keys(found(root, "program")), ["/64/liba.so"]);
  });
});

Deno.test("libraryClosure() names a library or a loader that is not there, and who needs it", async () => {
  const files = {
    program: { interpreter, needed: ["libdenit-none.so.3"] },
    foreign: { interpreter: "/lib/ld-none.so.1" },
  };
  await withFiles(files, (root) => {
    const missing = assertThrows(() => found(root, "program"), BuildFailure, `${root}/program`);
    assertEquals(/needs libdenit-none\.so\.3, which is in none of .*\/lib/.test(missing.message), true);
    assertThrows(
      () => found(root, "foreign"),
      BuildFailure,
      "there is no /lib/ld-none.so.1, the loader that it names",
    );
  });
});
