import { dirname, fromFileUrl, join } from "@std/path";
import { build, silentProgress } from "../lib/build/mod.ts";

/** Something that keeps a measurement from being taken on this machine; the message says what to do. */
export class CannotMeasure extends Error {
  override readonly name = "CannotMeasure";
}

/** The C programs of this folder. A static one without a C library starts fastest. */
const programs = {
  service: ["-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-fno-pie", "-no-pie"],
  launch: [],
  floor: [],
  orphans: [],
  log_lines: [],
  vm_launch: ["-static"],
} as const;

/** The name of a C program of this folder. */
export type ProgramName = keyof typeof programs;

/** A temporary folder with the programs that are measured, made when they are first asked for. */
export class Workshop implements AsyncDisposable {
  readonly folder: string;
  readonly #made = new Map<string, Promise<string>>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Opens a workshop; disposing of it removes all that it made, and ends services that a contestant left behind. */
  static async open(): Promise<Workshop> {
    return new Workshop(await Deno.makeTempDir({ prefix: "denit-bench-" }));
  }

  /** The path of a C program of this folder, compiled. @throws {CannotMeasure} If there is no C compiler. */
  program(name: ProgramName): Promise<string> {
    return this.#once(name, async () => {
      const source = fromFileUrl(new URL(`${name}.c`, import.meta.url));
      const output = join(this.folder, name);
      await compileC(["-O2", "-Wall", ...programs[name], "-o", output, source]);
      return output;
    });
  }

  /** The path of an init, built of the text of a units module. @throws {Error} If that cannot be built. */
  init(name: string, units: () => string): Promise<string> {
    return this.#once(`init-${name}`, async () => {
      const module = await this.module(name, units);
      const out = join(this.folder, `${name}-dist`);
      const result = await build({ units: module, out, progress: silentProgress });
      if (!result.ok) throw new Error(`cannot build the ${name}: ${result.problems.join("\n")}`);
      return result.init;
    });
  }

  /** The path of a units module, written down. */
  module(name: string, units: () => string): Promise<string> {
    return this.#once(`module-${name}`, async () => {
      const path = join(this.folder, `${name}-units`, "mod.ts");
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeTextFile(path, units());
      return path;
    });
  }

  /** The file to which services append the times at which they were ready. */
  get times(): string {
    return join(this.folder, "times");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#endLeftovers();
    await Deno.remove(this.folder, { recursive: true });
  }

  #once(key: string, make: () => Promise<string>): Promise<string> {
    const made = this.#made.get(key) ?? make();
    this.#made.set(key, made);
    return made;
  }

  /** Ends what was left in the middle of a measurement: it runs our programs, or lives in our folder. */
  #endLeftovers(): void {
    for (const { name } of Deno.readDirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      try {
        const places = [`/proc/${name}/exe`, `/proc/${name}/cwd`].map((link) => Deno.readLinkSync(link));
        if (places.some((place) => place.startsWith(`${this.folder}/`))) Deno.kill(Number(name), "SIGKILL");
      } catch {
        // It has ended meanwhile, or is somebody else's.
      }
    }
  }
}

async function compileC(args: readonly string[]): Promise<void> {
  try {
    const { success, stderr } = await new Deno.Command("cc", { args: [...args] }).output();
    if (!success) {
      throw new Error(`cannot compile: cc ${args.join(" ")}:\n${new TextDecoder().decode(stderr)}`);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new CannotMeasure("cannot find a C compiler: install cc (Debian: gcc and libc6-dev)");
  }
}
