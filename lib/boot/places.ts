import { buildInfo } from "./build_info.ts";
import { DEFAULT_PATH } from "../os/linux/mod.ts";

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

/** The variable that names the generation, where it is not the binary's own id. */
export const GENERATION = "DENIT_GENERATION";

/** What a supervisor tells its service: sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3), and systemd.exec(5). */
// deno-fmt-ignore
const OURS = [
  "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES",
  "RUNTIME_DIRECTORY", "STATE_DIRECTORY", "CACHE_DIRECTORY", "LOGS_DIRECTORY", "CREDENTIALS_DIRECTORY",
];

/**
 * The environment of services: ours, with a PATH, which the environment of a PID 1 has not, and the generation where
 * it was named from outside: then `init mark`, in a service, has to know of it.
 */
export function serviceEnvironment(generation: string): Record<string, string> {
  const env: Record<string, string> = { PATH: DEFAULT_PATH, ...Deno.env.toObject() };
  // What was meant for us by whoever supervises us, our services must not take for theirs.
  for (const name of OURS) delete env[name];
  if (generation !== buildInfo().generation) env[GENERATION] = generation;
  return env;
}

/** How this binary is started again; from source that takes Deno, the configuration and the main module. */
export function selfCommand(): [string, ...string[]] {
  if (Deno.build.standalone) return ["/proc/self/exe"];
  const config = Deno.env.get("DENIT_CONFIG") ?? new URL("../../deno.json", import.meta.url).pathname;
  return [Deno.execPath(), "run", "-A", "--config", config, new URL(Deno.mainModule).pathname];
}
