import { join } from "@std/path";
import type { Contestant } from "./boot_run.ts";
import type { Settings } from "./measurement.ts";
import type { Shape } from "./units_text.ts";

/** The other supervisors that this machine has, and for each that it has not, or that cannot do this, a note. */
export async function peers(
  settings: Settings,
  shape: Shape,
): Promise<{ readonly present: readonly Contestant[]; readonly missing: readonly string[] }> {
  if (shape === "chain") return { present: [], missing: ["s6 alone knows no dependencies"] };
  const path = await findProgram("s6-svscan");
  if (path === null) return { present: [], missing: ["not measured: s6 is not here; Debian has it in s6"] };
  const s6: Contestant = {
    name: "s6 (s6-svscan)",
    argv: async (folder) => {
      // Room for all: by default it takes 500 services.
      return [path, "-c", String(settings.services + 10), await scanFolder(folder, settings)];
    },
  };
  return { present: [s6], missing: [] };
}

/** A folder of service folders: `run` is the program itself, without a shell that would have to start first. */
async function scanFolder(folder: string, { workshop, services }: Settings): Promise<string> {
  const scanned = join(folder, "scan");
  const program = await workshop.program("service");
  for (let at = 1; at <= services; at++) {
    const name = `s${at}`;
    const service = join(scanned, name);
    await Deno.mkdir(service, { recursive: true });
    await Deno.symlink(program, join(service, "run"));
    // s6-supervise passes the name of the service to `run`, which takes that for the file of times.
    await Deno.symlink(workshop.times, join(service, name));
    await Deno.writeTextFile(join(service, "notification-fd"), "3\n");
  }
  return scanned;
}

/** The path of a program in `PATH`; null if it is not there. */
async function findProgram(name: string): Promise<string | null> {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    const path = join(folder, name);
    if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
  }
  return null;
}
