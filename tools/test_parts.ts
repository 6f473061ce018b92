import { obstacle } from "../tests/vm/obstacle.ts";
import { isNight } from "../tests/night.ts";
import { isIn, isTest, pureFolders } from "./layout.ts";
import { sources } from "./tree.ts";

/** A part of the tests: one run of `deno test`. */
export interface Part {
  readonly name: string;
  /** Paths from the root of the test modules, or of folders with them. */
  readonly paths: readonly string[];
  readonly flags: readonly string[];
  /** The longest that it may take, in seconds. A part that hangs is ended then, and has failed. */
  readonly limit: number;
  /** Why this machine cannot run it; null if it can. */
  readonly obstacle: () => Promise<string | null>;
}

/** Folders of `tests/` that are a part each. */
const folders = [
  "architecture",
  "types",
  "conformance",
  "property",
  "contract",
  "daemons",
  "pid1",
  "vm",
] as const;

/** The longest for a part in which more is tried at night, in seconds. */
const NIGHT = 4 * 3600;

/** All parts, the quick ones first. `examples` are those in the documentation of modules. Every test module of the tree is in exactly one. */
export function testParts(): Part[] {
  const tests = sources().filter((path) => path.endsWith("_test.ts"));
  const take = (belongs: (path: string) => boolean) => {
    const taken = tests.filter(belongs);
    for (const path of taken) tests.splice(tests.indexOf(path), 1);
    return taken;
  };
  const own = Object.fromEntries(
    folders.map((folder) => [folder, take((path) => isIn(path, [`tests/${folder}`]))]),
  );
  take((path) => isIn(path, pureFolders));
  const unit = take((path) => path.startsWith("lib/"));
  const tools = take((path) => path.startsWith("tools/"));
  // Given a file, `deno test --doc` runs it as well; given a folder, only the tests and the examples in it.
  const others = [...pureFolders, ...sources().filter((path) => path.startsWith("lib/") && isTest(path))];
  const long = (limit: number) => isNight() ? NIGHT : limit;
  const virtual = ["--allow-env=DENIT_SEED,DENIT_RUNS,DENIT_NIGHTLY"];
  return [
    part("architecture", [...own.architecture ?? [], ...tools], ["-A"]),
    // Without any permission: what these reach for outside of themselves fails here.
    part("pure", pureFolders, ["--doc"]),
    part("conformance", own.conformance ?? [], ["-A"]),
    part("property", own.property ?? [], virtual, long(300)),
    part("types", own.types ?? [], ["-A"]),
    part("unit", unit, ["-A"], long(300)),
    part("examples", ["lib", "README.md"], ["-A", "--doc", `--ignore=${others}`]),
    part("contract", own.contract ?? [], ["-A"]),
    part("integration", tests, ["-A"], long(600)),
    part("daemons", own.daemons ?? [], ["-A"]),
    part("pid1", own.pid1 ?? [], ["-A"], 600, namespacesObstacle),
    // A machine keeps one processor busy: as many of its modules run at once as there are processors.
    part("vm", own.vm ?? [], ["-A", "--parallel"], 2400, obstacle),
  ];
}

function part(
  name: string,
  paths: readonly string[],
  flags: readonly string[],
  limit = 300,
  obstacle: Part["obstacle"] = () => Promise.resolve(null),
): Part {
  return { name, paths, flags, limit, obstacle };
}

/** Being PID 1 takes a PID namespace: as root, or in a user namespace of one's own. */
async function namespacesObstacle(): Promise<string | null> {
  const asUser = Deno.uid() === 0 ? [] : ["--user", "--map-root-user"];
  const failure = await failureOf("unshare", [
    ...asUser,
    "--pid",
    "--fork",
    "--mount",
    "--mount-proc",
    "--net",
    "true",
  ]);
  if (failure === null) return null;
  return `cannot make namespaces: ${failure}; run it as root, or allow user namespaces`;
}

/** Why a command fails, in its own words; null if it does not. */
async function failureOf(command: string, args: readonly string[]): Promise<string | null> {
  try {
    const { code, stderr } = await new Deno.Command(command, { args: [...args], stdin: "null" }).output();
    if (code === 0) return null;
    return new TextDecoder().decode(stderr).trim().split("\n").at(-1) ||
      `${command} ended with exit code ${code}`;
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? `there is no ${command}` : String(error);
  }
}
