import { BuildFailure } from "./failure.ts";
import { errorText, runDeno } from "./run_deno.ts";

/**
 * Starts a new init once, as `init manifest`: a binary that does not start, or
 * is not of this build, must not become a generation.
 *
 * @throws {BuildFailure} If it does not start, says that it is another generation, or has a runtime of another version.
 */
export async function tryInit(program: string, generation: string): Promise<void> {
  const cure = `use another runtime: --runtime official, or a denort of Deno ${Deno.version.deno}`;
  const result = await runDeno(["manifest"], { program, timeout: 20_000 });
  if (!result.ok) {
    throw new BuildFailure(
      `cannot start the new init: ${result.timedOut ? result.ending : errorText(result)}`,
      cure,
    );
  }
  let said: { readonly generation?: unknown; readonly deno?: unknown };
  try {
    said = JSON.parse(result.stdout);
  } catch {
    throw new BuildFailure(
      "cannot start the new init: the runtime did not run the program that it carries",
      cure,
    );
  }
  if (said.generation !== generation) {
    throw new BuildFailure(
      `cannot use the new init: it says that it is generation ${said.generation}, not ${generation}`,
      cure,
    );
  }
  if (said.deno !== Deno.version.deno) {
    throw new BuildFailure(
      `cannot use the new init: its runtime is Deno ${said.deno}, not ${Deno.version.deno}`,
      cure,
    );
  }
}
