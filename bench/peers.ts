import { join } from "@std/path";
import type { Contestant } from "./boot_run.ts";
import type { Settings } from "./measurement.ts";
import type { Shape } from "./units_text.ts";

/** The other supervisors that this machine has, and for each that it has not, or that cannot do this, a note. */
export async function peers(
  settings: Settings,
  shape: Shape,
): Promise<{ readonly present: readonly Contestant[]; readonly missing: readonly string[] }> {
  if (shape === "chain") return { present: [], missing: ["s6 and runit alone know no dependencies"] };
  const present: Contestant[] = [];
  const missing: string[] = [];
  for (const { program, packaged, contestant } of known) {
    const path = await findProgram(program);
    if (path === null) missing.push(`not measured: ${program} is not here; Debian has it in ${packaged}`);
    else present.push(contestant(path, settings));
  }
  return { present, missing };
}

const known = [
  {
    program: "s6-svscan",
    packaged: "s6",
    contestant: (path: string, settings: Settings): Contestant => ({
      name: "s6 (s6-svscan)",
      argv: async (folder) => {
        const scanned = await scanFolder(folder, settings, { notificationFd: true });
        // Room for all: by default it takes 500 services.
        return [path, "-c", String(settings.services + 10), scanned];
      },
    }),
  },
  {
    program: "runsvdir",
    packaged: "runit",
    contestant: (path: string, settings: Settings): Contestant => ({
      name: "runit (runsvdir), which knows no readiness",
      argv: async (folder) => [path, await scanFolder(folder, settings, { notificationFd: false })],
      // SIGHUP, unlike SIGTERM, makes it end its services.
      stop: "SIGHUP",
    }),
  },
] as const;

/** A folder of service folders: in each `run`, and `times` for the service to find the file in its working folder. */
async function scanFolder(
  folder: string,
  { workshop, services }: Settings,
  { notificationFd }: { readonly notificationFd: boolean },
): Promise<string> {
  const scanned = join(folder, "scan");
  const program = await workshop.program("service");
  for (let at = 1; at <= services; at++) {
    const service = join(scanned, `s${at}`);
    await Deno.mkdir(service, { recursive: true });
    await Deno.symlink(program, join(service, "run"));
    await Deno.symlink(workshop.times, join(service, "times"));
    if (notificationFd) await Deno.writeTextFile(join(service, "notification-fd"), "3\n");
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
