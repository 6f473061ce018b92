import { BuildFailure } from "./failure.ts";
import { projectRoot, reasonOf } from "./project.ts";

/** How to run a child. */
export interface RunOptions {
  /** Longest time that it may take, in ms. */
  readonly timeout: number;
  /** Variables to add to the environment; `null` takes one out. */
  readonly env?: Readonly<Record<string, string | null>>;
  /** Default: the folder of this checkout. */
  readonly cwd?: string;
  /** Default: this Deno. */
  readonly program?: string;
}

/** How a child ended. */
export interface RunResult {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** For a message: `exit code 1`, `signal SIGSEGV`, `no end after 10 s`. */
  readonly ending: string;
  readonly timedOut: boolean;
}

/**
 * Runs the Deno that runs this program, as `deno ARGS`, and collects what it
 * prints. Of the environment, only what could change the outcome unseen is set.
 *
 * @throws {BuildFailure} If it cannot be started.
 */
export async function runDeno(args: readonly string[], options: RunOptions): Promise<RunResult> {
  const { timeout, env = {}, cwd = projectRoot, program = Deno.execPath() } = options;
  // These leave their traces in compiled binaries or in messages.
  const unset = ["DENO_V8_FLAGS", "DENO_LOG", "FORCE_COLOR", "RUST_LOG"];
  const variables: Record<string, string> = {
    ...Deno.env.toObject(),
    NO_COLOR: "1",
    DENO_NO_UPDATE_CHECK: "1",
    RUST_BACKTRACE: "0",
  };
  for (const name of unset) delete variables[name];
  for (const [name, value] of Object.entries(env)) {
    if (value === null) delete variables[name];
    else variables[name] = value;
  }
  let child: Deno.ChildProcess;
  try {
    const piped = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
    child = new Deno.Command(program, { args: [...args], cwd, env: variables, clearEnv: true, ...piped })
      .spawn();
  } catch (error) {
    throw new BuildFailure(
      `cannot start ${program}: ${reasonOf(error)}`,
      "look whether this file can be executed",
    );
  }
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill("SIGKILL");
  }, timeout);
  const { code, signal, stdout, stderr, success } = await child.output();
  clearTimeout(timer);
  const text = new TextDecoder();
  const ending = timedOut
    ? `no end after ${timeout / 1000} s`
    : signal !== null
    ? `signal ${signal}`
    : `exit code ${code}`;
  return {
    ok: success && !timedOut,
    stdout: text.decode(stdout),
    stderr: text.decode(stderr),
    ending,
    timedOut,
  };
}

/** What a child of Deno gave as the reason of its failure, without what only Deno's own authors want to see. */
export function errorText({ stderr, ending }: RunResult): string {
  const text = stderr.replace(/\n+Stack backtrace:[\s\S]*$/, "").trim();
  return text === "" ? ending : text.replace(/^error: /, "");
}
