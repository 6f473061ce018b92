/** What the tests of real daemons have in common. A test whose daemon is not installed is not run, and says so. */
import { deadline } from "@std/async/deadline";

/** A port of this machine on which nobody listens. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Whether a program is there. */
export function has(program: string): boolean {
  const folders = program.includes("/")
    ? [""]
    : ["/usr/local/bin/", "/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/"];
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

/** A program that stays: what is told goes to its standard input, and what it prints then comes back. */
export class Conversation implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<string>;
  readonly #ask: (text: string) => string;
  #seen = "";
  #closed = false;

  /** @param ask What has the program print `done`, on a line of its own, after what it is asked for. */
  constructor(
    program: string,
    args: readonly string[],
    ask: (text: string) => string,
    more: Partial<Deno.CommandOptions> = {},
  ) {
    const piped = "piped" as const;
    this.#child = new Deno.Command(program, {
      args: [...args],
      ...more,
      stdin: piped,
      stdout: piped,
      stderr: "null",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#output = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#ask = ask;
  }

  /** What it prints to what it is told. */
  async tell(text: string): Promise<string> {
    await this.#input.write(new TextEncoder().encode(`${this.#ask(text)}\n`));
    while (!this.#seen.includes("done\n")) {
      const { value, done } = await deadline(this.#output.read(), 30_000);
      if (done) throw new Error(`it has ended: ${this.#seen}`);
      this.#seen += value;
    }
    const [said = "", ...rest] = this.#seen.split("done\n");
    this.#seen = rest.join("done\n");
    return said.trim();
  }

  /** Ends its input, and waits until it has ended; its exit code. */
  async end(): Promise<number> {
    if (!this.#closed) {
      this.#closed = true;
      await this.#input.close().catch(() => {});
      await this.#output.cancel();
    }
    return (await deadline(this.#child.status, 30_000)).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}
