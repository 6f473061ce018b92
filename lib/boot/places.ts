import { join } from "@std/path";

/** The folder for sockets, journal and logs: chosen, or from `DENIT_RUNTIME_DIR`, or where such things belong. */
export function runtimeFolder(chosen: string | undefined): string {
  const given = chosen ?? Deno.env.get("DENIT_RUNTIME_DIR");
  if (given !== undefined && given !== "") return given;
  const session = Deno.env.get("XDG_RUNTIME_DIR");
  return Deno.uid() === 0 || session === undefined ? "/run/denit" : join(session, "denit");
}

/** Where this process runs. */
export type Place = "machine" | "namespace" | "process";

/** The kernel's own PID namespace: PROC_PID_INIT_INO in include/linux/proc_ns.h. */
const INITIAL_PID_NAMESPACE = "pid:[4026531836]";

/** Finds out where we are; /proc must be mounted. A PID 1 that cannot tell treats the machine as not its own. */
export function findPlace(): Place {
  if (Deno.pid !== 1) return "process";
  try {
    return Deno.readLinkSync("/proc/self/ns/pid") === INITIAL_PID_NAMESPACE ? "machine" : "namespace";
  } catch {
    return "namespace";
  }
}

/** Where programs are looked for when nobody says: the environment of a PID 1 has no PATH. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The environment of services: ours, with a PATH. */
export function serviceEnvironment(): Record<string, string> {
  return { PATH: DEFAULT_PATH, ...Deno.env.toObject() };
}

/** How this binary is started again; from source that takes Deno and the main module. */
export function selfCommand(): [string, ...string[]] {
  if (Deno.build.standalone) return ["/proc/self/exe"];
  const config = new URL("../../deno.json", import.meta.url).pathname;
  return [Deno.execPath(), "run", "-A", "--config", config, new URL(Deno.mainModule).pathname];
}

/** Opens the journal for appending; a reason instead where that cannot be. */
export function openJournal(folder: string): Deno.FsFile | string {
  try {
    Deno.mkdirSync(folder, { recursive: true, mode: 0o755 });
    return Deno.openSync(join(folder, "boot.jsonl"), {
      write: true,
      create: true,
      truncate: true,
      mode: 0o644,
    });
  } catch (error) {
    return `cannot keep a journal in ${folder}: ${error instanceof Error ? error.message : error}`;
  }
}
