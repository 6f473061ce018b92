import { assertEquals, assertThrows } from "@std/assert";
import { OsError } from "../error.ts";
import type { SpawnRequest } from "../os.ts";
import { findProgram, interpreterOf } from "./exec_failure.ts";
import { linuxOs } from "./linux_os.ts";

const LOADER = "/lib64/ld-linux-x86-64.so.2";

/** A folder of programs that fail in every way. */
function withPrograms(body: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  const put = (name: string, content: string | Uint8Array, mode = 0o755) => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    Deno.writeFileSync(`${folder}/${name}`, bytes, { mode });
  };
  try {
    put("script", "#!/bin/sh\nexit 0\n");
    put("the-script", "#!/bin/sh\nexit 0\n");
    put("spaced", "#! \t/bin/sh -e\nexit 0\n");
    put("plain", "exit 0\n");
    put("locked", "#!/bin/sh\nexit 0\n", 0o644);
    put("orphaned", "#!/no/such/shell\n");
    put("windows", "#!/bin/sh\r\nexit 0\r\n");
    put("blocked", `#!${folder}/locked\n`);
    put("empty", "");
    put("foreign", foreignProgram());
    Deno.mkdirSync(`${folder}/directory`);
    Deno.symlinkSync(`${folder}/loop`, `${folder}/loop`);
    body(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** A program of this machine whose loader has another name. */
function foreignProgram(): Uint8Array {
  const bytes = Deno.readFileSync("/bin/true");
  const text = new TextDecoder("latin1").decode(bytes);
  bytes[text.indexOf(LOADER) + LOADER.length - 1] = "9".charCodeAt(0);
  return bytes;
}

function failure(request: Omit<SpawnRequest, "fds" | "env"> & Partial<SpawnRequest>): OsError {
  const os = linuxOs();
  try {
    const error = assertThrows(() => os.spawn({ env: {}, fds: [], ...request }), OsError);
    assertEquals(os.poll(), null);
    assertEquals(os.reap(), []);
    return error;
  } finally {
    os.dispose();
  }
}

Deno.test("spawn() says why a program cannot be executed [dinit: igr svc-start-fail]", () => {
  withPrograms((folder) => {
    const why = (name: string) => failure({ argv: [`${folder}/${name}`] }).message.replaceAll(folder, "");
    assertEquals(why("missing"), "cannot exec /missing: ENOENT (no such file)");
    assertEquals(why("locked"), "cannot exec /locked: EACCES (it has no permission to be executed)");
    assertEquals(why("directory"), "cannot exec /directory: EACCES (it is a directory)");
    const noProgram = "ENOEXEC (it is neither an ELF program for this machine nor a script with a #! line)";
    assertEquals(why("plain"), `cannot exec /plain: ${noProgram}`);
    assertEquals(why("empty"), `cannot exec /empty: ${noProgram}`);
    assertEquals(
      why("orphaned"),
      "cannot exec /orphaned: ENOENT (its interpreter /no/such/shell does not exist)",
    );
    assertEquals(
      why("windows"),
      "cannot exec /windows: ENOENT (its interpreter /bin/sh does not exist; the #! line ends in a carriage return)",
    );
    assertEquals(why("blocked"), "cannot exec /blocked: EACCES (its interpreter /locked cannot be executed)");
    assertEquals(
      why("foreign"),
      `cannot exec /foreign: ENOENT (its interpreter ${LOADER.slice(0, -1)}9 does not exist)`,
    );
    assertEquals(why("script/x"), "cannot exec /script/x: ENOTDIR (not a directory)");
    assertEquals(why("loop"), "cannot exec /loop: ELOOP (too many levels of symbolic links)");
    assertEquals(why("x".repeat(300)).slice(-35), "x: ENAMETOOLONG (file name too long)".slice(-35));
  });
});

Deno.test("spawn() says that a program is open for writing", () => {
  withPrograms((folder) => {
    using _file = Deno.openSync(`${folder}/foreign`, { write: true });
    const { code, detail } = failure({ argv: [`${folder}/foreign`] });
    assertEquals([code, detail], ["ETXTBSY", "somebody has it open for writing"]);
  });
});

Deno.test("spawn() tells a bad working directory apart from a bad program", () => {
  withPrograms((folder) => {
    const why = (cwd: string, program = "/bin/true") => {
      return failure({ argv: [program], cwd }).message.replaceAll(folder, "");
    };
    assertEquals(why(`${folder}/missing`), "cannot chdir /missing: ENOENT (no such file or directory)");
    assertEquals(why(`${folder}/script`), "cannot chdir /script: ENOTDIR (not a directory)");
    assertEquals(why(folder, "/missing"), "cannot exec /missing: ENOENT (no such file)");
    assertEquals(why(folder, "./missing"), "cannot exec ./missing: ENOENT (no such file)");
    assertEquals(
      why(folder, "./locked"),
      "cannot exec ./locked: EACCES (it has no permission to be executed)",
    );
  });
});

Deno.test("spawn() says which arguments are too long", () => {
  const { call, code } = failure({ argv: ["/bin/true", "x".repeat(3_000_000)] });
  assertEquals([call, code], ["exec", "E2BIG"]);
});

Deno.test("spawn() says that a descriptor is beyond the limit", () => {
  const os = linuxOs();
  try {
    const { read } = os.pipe();
    const soft = Number(/^Max open files +(\S+)/m.exec(Deno.readTextFileSync("/proc/self/limits"))![1]!);
    if (!(soft < 1 << 17)) return;
    const error = assertThrows(
      () => os.spawn({ argv: ["/bin/true"], env: {}, fds: [{ from: read, to: soft }] }),
      OsError,
    );
    assertEquals(
      error.message,
      `cannot dup2 ${read} to ${soft}: EBADF (no such descriptor: see RLIMIT_NOFILE)`,
    );
  } finally {
    os.dispose();
  }
});

Deno.test("findProgram() takes the first in PATH that can be executed", () => {
  withPrograms((folder) => {
    assertEquals(findProgram("sh", "/nowhere:/bin:/usr/bin"), "/bin/sh");
    assertEquals(findProgram("the-script", `/bin:${folder}:/sbin`), `${folder}/the-script`);
    Deno.mkdirSync(`${folder}/first/the-script`, { recursive: true });
    Deno.mkdirSync(`${folder}/second`);
    Deno.writeTextFileSync(`${folder}/second/the-script`, "", { mode: 0o644 });
    const path = ["first", "second", "."].map((part) => `${folder}/${part}`).join(":");
    assertEquals(findProgram("the-script", path), `${folder}/./the-script`);
  });
});

Deno.test("findProgram() looks where an empty or relative part of PATH leads from the working directory", () => {
  withPrograms((folder) => {
    const name = folder.split("/").at(-1);
    assertEquals(findProgram("the-script", "", folder), "./the-script");
    assertEquals(findProgram("the-script", "/bin::/usr/bin", folder), "./the-script");
    assertEquals(findProgram("the-script", `../${name}`, folder), `../${name}/the-script`);
  });
});

Deno.test("findProgram() says what it has found, or where it has looked", () => {
  withPrograms((folder) => {
    const why = (name: string, path?: string) => {
      return assertThrows(() => findProgram(name, path), OsError).message.replaceAll(folder, "");
    };
    assertEquals(
      why("locked", `/bin:${folder}`),
      "cannot exec /locked: EACCES (it has no permission to be executed)",
    );
    assertEquals(
      why("nothing-like-it", "/bin:/sbin"),
      "cannot exec nothing-like-it: ENOENT (not found in PATH /bin:/sbin)",
    );
    assertEquals(why("directory", folder), "cannot exec directory: ENOENT (not found in PATH )");
    assertEquals(why("", "/bin"), "cannot exec: ENOENT (not found in PATH /bin)");
    assertEquals(
      why("nothing-like-it"),
      "cannot exec nothing-like-it: ENOENT (not found in PATH /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)",
    );
  });
});

Deno.test("interpreterOf() reads #! lines and the loader of ELF programs", () => {
  withPrograms((folder) => {
    assertEquals(interpreterOf(`${folder}/script`), "/bin/sh");
    assertEquals(interpreterOf(`${folder}/spaced`), "/bin/sh");
    assertEquals(interpreterOf(`${folder}/windows`), "/bin/sh\r");
    assertEquals(interpreterOf("/bin/true"), LOADER);
    for (const none of ["plain", "empty", "missing", "directory"]) {
      assertEquals(interpreterOf(`${folder}/${none}`), null, none);
    }
  });
});
