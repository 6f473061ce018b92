/** How to run a program of the host. */
export interface HostCommand {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a program of the host to its end.
 *
 * @returns What it printed on standard output.
 * @throws {Error} If there is no such program, or it fails: with its own words.
 */
export async function hostCommand(
  [program, ...args]: readonly [string, ...string[]],
  { cwd, env = {} }: HostCommand = {},
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args,
    ...(cwd === undefined ? {} : { cwd }),
    // Where Debian keeps what only root needs, such as depmod; ordinary users do not have that in their PATH.
    env: { LC_ALL: "C", PATH: `${Deno.env.get("PATH") ?? "/usr/bin:/bin"}:/usr/sbin:/sbin`, ...env },
    stdin: "null",
  }).output().catch((error: unknown) => {
    const missing = error instanceof Deno.errors.NotFound;
    throw new Error(`cannot run ${program}: ${missing ? "there is no such program" : String(error)}`, {
      cause: error,
    });
  });
  const decoder = new TextDecoder();
  if (code !== 0) {
    const words = decoder.decode(stderr).trim() || decoder.decode(stdout).trim();
    throw new Error(`cannot run ${[program, ...args].join(" ")}: exit code ${code}: ${words}`);
  }
  return decoder.decode(stdout);
}
