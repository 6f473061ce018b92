import { dirname, join, relative } from "@std/path";
import { type BuildInfo, buildPrelude } from "../boot/build_info.ts";
import { bundle, sourceName } from "./bundle.ts";
import { checkUnits } from "./check_units.ts";
import { compile } from "./compile.ts";
import { evaluateUnits } from "./evaluation.ts";
import { BuildFailure } from "./failure.ts";
import { pointCurrent, readGeneration, writeGeneration } from "./generation.ts";
import { makeManifest, type Manifest, renderManifest } from "./manifest.ts";
import { moduleGraph } from "./module_graph.ts";
import type { Progress } from "./progress.ts";
import { denitVersion, projectRoot, reasonOf, unitsFile, userPath } from "./project.ts";
import { findRuntime } from "./runtime.ts";
import { sha256 } from "./sha256.ts";
import { tryInit } from "./try_init.ts";
import { unitsConfig } from "./units_config.ts";

/** Settings of {@linkcode build}. */
export interface BuildOptions {
  /** The units module. Default: `units/mod.ts` of this checkout. */
  readonly units?: string;
  /** The folder of generations. Default: `dist` in this checkout. */
  readonly out?: string;
  /** `auto`, `official`, `npm` or a path: see `findRuntime`. Default: `auto`. */
  readonly runtime?: string;
  readonly progress: Progress;
}

/** What came of a build. */
export type BuildResult =
  /** The units are wrong: each problem as text to print. Nothing was written. */
  | { readonly ok: false; readonly problems: readonly string[] }
  | {
    readonly ok: true;
    readonly generation: string;
    /** `OUT/GENERATION`, absolute. */
    readonly folder: string;
    /** The program in it. */
    readonly init: string;
    /** Whether that generation was there already. */
    readonly upToDate: boolean;
    readonly manifest: Manifest;
  };

/**
 * Checks units, bundles them with Denit, and compiles that into
 * `OUT/GENERATION/init`, a manifest beside it; `OUT/current` then leads there.
 * A generation that is there and whole is not compiled again.
 *
 * @throws {BuildFailure} If the build cannot be carried out.
 */
export async function build(
  { units, out: wantedOut, runtime: choice = "auto", progress }: BuildOptions,
): Promise<BuildResult> {
  const file = await unitsFile(units);
  await using config = await unitsConfig(file);
  const { problems, evaluation, modules } = await checkUnits(config, { units: file, progress });
  if (problems.length > 0) return { ok: false, problems };

  const runtime = await findRuntime(choice, progress);
  const entry = join(projectRoot, "init.ts");
  const bundled = await progress.step("bundling", async () => {
    return await bundle(config, { entry, units: file, modules: (await moduleGraph(entry, config)).order });
  });
  const version = await denitVersion();
  const origins = portableOrigins(evaluation.origins, file);
  const generation = await generationId({ generation: "", version, origins }, bundled, runtime.sha256);
  const info: BuildInfo = { generation, version, origins };

  const out = wantedOut === undefined ? join(projectRoot, "dist") : userPath(wantedOut);
  const folder = join(out, generation);
  const init = join(folder, "init");
  const found = await readGeneration(folder);
  try {
    if (found === null) {
      await writeGeneration(out, generation, async (unfinished) => {
        const program = join(unfinished, "init");
        await progress.step("compiling", () => compile(buildPrelude(info) + bundled, program, runtime.path));
        await progress.step("trying the new init", () => tryInit(program, generation));
        const described = await evaluateUnits(config, { modules, generation, version, timeout: 10_000 });
        if (described.description === null) {
          throw new BuildFailure(
            "cannot describe the units: they changed while they were built",
            "build again",
          );
        }
        const bytes = await Deno.readFile(program);
        const made = {
          init: { sha256: await sha256(bytes), size: bytes.length },
          bundle: await sha256(bundled),
          sources: await sourceHashes(modules, file),
        };
        const description = withOrigins(described.description, origins);
        await Deno.writeTextFile(
          join(unfinished, "manifest.json"),
          renderManifest(makeManifest(description, runtime, made)),
        );
      });
    }
    await pointCurrent(out, generation);
  } catch (error) {
    if (error instanceof BuildFailure) throw error;
    throw new BuildFailure(
      `cannot write ${folder}: ${reasonOf(error)}`,
      "make room there, or name another folder with --out",
    );
  }
  const manifest = found ?? await readGeneration(folder);
  if (manifest === null) throw new BuildFailure(`cannot read back ${folder}`, "build again");
  return { ok: true, generation, folder, init, upToDate: found !== null, manifest };
}

/** The id of a generation: what decides about the bytes of its `init`, hashed. */
async function generationId(info: BuildInfo, bundled: string, runtime: string): Promise<string> {
  return (await sha256([buildPrelude(info), bundled, runtime, Deno.version.deno].join("\0"))).slice(0, 12);
}

/** Places relative to the units' folder: another checkout must give the same bytes. */
function portableOrigins(
  origins: Readonly<Record<string, string>>,
  file: string,
): Readonly<Record<string, string>> {
  const entries = Object.entries(origins).sort(([a], [b]) => a < b ? -1 : 1);
  return Object.fromEntries(entries.map(([name, place]) => [name, relative(dirname(file), place)]));
}

function withOrigins(
  description: Manifest | Parameters<typeof makeManifest>[0],
  origins: Readonly<Record<string, string>>,
): Parameters<typeof makeManifest>[0] {
  const services = description.services.map((service) => ({
    ...service,
    origin: origins[service.name] ?? null,
  }));
  return { ...description, services };
}

async function sourceHashes(
  modules: readonly string[],
  file: string,
): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const path of modules) {
    if (!path.startsWith(join(projectRoot, "lib/"))) {
      found[sourceName(path, file)] = await sha256(await Deno.readFile(path));
    }
  }
  return found;
}
