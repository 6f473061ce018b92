import { join } from "@std/path";
import { BuildFailure } from "./failure.ts";
import { errorText, runDeno } from "./run_deno.ts";

/**
 * Compiles one module without imports into a program: the same bytes for the
 * same module and runtime.
 *
 * `deno compile` embeds what it finds around the module (a config file, package
 * files) and the module's modification time; some variables of the environment
 * leave traces too. So it is staged alone, with a fixed time, without any of those.
 * `--no-code-cache`, as the program would otherwise trust a file of a known
 * name in /tmp.
 *
 * @param code The module.
 * @param output Path of the program.
 * @param runtime Path of the `denort` to use; null for Deno's own, from its cache or host.
 * @param timeout In ms.
 * @throws {BuildFailure} If `deno compile` fails.
 */
export async function compile(
  code: string,
  output: string,
  runtime: string | null,
  timeout = 120_000,
): Promise<void> {
  const stage = await Deno.makeTempDir({ prefix: "denit-" });
  try {
    const module = join(stage, "init.js");
    await Deno.writeTextFile(module, code);
    await Deno.utime(module, 0, 0);
    const flags = [
      "--quiet",
      "--no-config",
      "--no-lock",
      "--no-npm",
      "--no-check",
      "--no-prompt",
      "--no-code-cache",
      "--allow-all",
    ];
    const env = { DENORT_BIN: runtime, DENO_NO_PACKAGE_JSON: "1", DENO_NO_PROMPT: null };
    const result = await runDeno(["compile", ...flags, "--output", output, module], {
      timeout,
      env,
      cwd: stage,
    });
    if (!result.ok) {
      throw new BuildFailure(
        `cannot compile ${output}: ${result.timedOut ? result.ending : errorText(result)}`,
        "look for room on the disk, and for a runtime of the same version as this Deno",
      );
    }
  } finally {
    await Deno.remove(stage, { recursive: true });
  }
}
