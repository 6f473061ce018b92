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

/** The environment of services: ours, with a PATH, which the environment of a PID 1 has not. */
export function serviceEnvironment(): Record<string, string> {
  return { PATH: DEFAULT_PATH, ...Deno.env.toObject() };
}

/** How this binary is started again; from source that takes Deno, the configuration and the main module. */
export function selfCommand(): [string, ...string[]] {
  if (Deno.build.standalone) return ["/proc/self/exe"];
  const config = Deno.env.get("DENIT_CONFIG") ?? new URL("../../deno.json", import.meta.url).pathname;
  return [Deno.execPath(), "run", "-A", "--config", config, new URL(Deno.mainModule).pathname];
}
