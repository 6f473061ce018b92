/** What the tests of real daemons have in common. A test whose daemon is not installed is not run, and says so. */

/** A port of this machine on which nobody listens. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Whether a program is there. */
export function has(program: string): boolean {
  const folders = program.includes("/") ? [""] : ["/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/"];
  return folders.some((folder) => {
    try {
      return Deno.statSync(`${folder}${program}`).isFile;
    } catch {
      return false;
    }
  });
}

/** Runs a program to its end, which has to be a good one; what it prints. */
export async function run(
  program: string,
  args: readonly string[],
  more: Partial<Deno.CommandOptions> = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    ...more,
  }).output();
  const [said, complained] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`${program} ${args.join(" ")}: ${complained}${said}`);
  return said!;
}
