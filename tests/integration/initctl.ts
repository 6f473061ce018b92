import type { Init } from "./harness.ts";

const main = new URL("../../init.ts", import.meta.url).pathname;

/** What a call of `initctl` has said, and its exit code. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Calls `initctl` for the init of a run. */
export async function initctl(init: Init, ...words: string[]): Promise<Said> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", main, "ctl", ...words],
    env: { DENIT_RUNTIME_DIR: init.runtimeDir, NO_COLOR: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(60_000),
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}
