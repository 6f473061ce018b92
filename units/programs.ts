/** The programs that the scripts of this tree run, each with the package that usually holds it: an image needs them all. */
export const packages = {
  cryptsetup: "cryptsetup",
  e2fsck: "e2fsprogs",
  ip: "iproute2",
  mount: "util-linux",
  umount: "util-linux",
  wg: "wireguard-tools",
} as const;

/** A program of those, and its arguments. */
export type Program = readonly [keyof typeof packages, ...string[]];

/** How to run a {@linkcode Program}. */
export interface Run {
  /** What it reads on its standard input. Default: nothing. */
  readonly input?: string;
  /** The exit codes that are no failure. Default: 0. */
  readonly fine?: readonly number[];
}

/**
 * Runs a program to its end. What it prints goes to the log of the service
 * whose script this is. For scripts only: in PID 1 nobody may start processes but the supervisor.
 *
 * @throws {Error} If there is no such program, or it fails: with its exit code and its last words.
 */
export async function program(argv: Program, { input, fine = [0] }: Run = {}): Promise<void> {
  const [name, ...args] = argv;
  const child = start(name, args, input !== undefined);
  const [said, complained, status] = await Promise.all([
    passOn(child.stdout, Deno.stdout),
    passOn(child.stderr, Deno.stderr),
    child.status,
    ...(input === undefined ? [] : [feed(child.stdin, input)]),
  ]);
  if (fine.includes(status.code)) return;
  const end = status.signal === null ? `exit code ${status.code}` : status.signal;
  const words = complained || said;
  throw new Error(`cannot run ${argv.join(" ")}: ${end}${words === "" ? "" : `: ${words}`}`);
}

function start(name: keyof typeof packages, args: readonly string[], input: boolean): Deno.ChildProcess {
  try {
    const stdin = input ? "piped" : "null";
    return new Deno.Command(name, { args: [...args], stdin, stdout: "piped", stderr: "piped" }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const path = Deno.env.get("PATH");
    throw new Error(
      `cannot run ${name}: it is in no folder of PATH (${path}); add the package ${
        packages[name]
      } to the image`,
      { cause: error },
    );
  }
}

/** Copies what a program prints as it comes; returns the last two lines of it: ip(8) tells the reason in the last but one. */
async function passOn(from: ReadableStream<Uint8Array>, to: { writeSync(bytes: Uint8Array): number }) {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of from) {
    for (let written = 0; written < bytes.length;) written += to.writeSync(bytes.subarray(written));
    text = (text + decoder.decode(bytes, { stream: true })).slice(-1000);
  }
  return text.trimEnd().split("\n").slice(-2).join("; ");
}

async function feed(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // It has ended without reading all: its exit code tells more.
  }
}
