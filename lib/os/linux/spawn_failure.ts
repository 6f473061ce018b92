/** Why a process could not be started by spawn_engine.ts, in words. */
import { osError } from "../errno.ts";
import type { OsError } from "../error.ts";
import { execError, spawnError } from "./exec_failure.ts";
import type { Launch } from "./posix_spawn.ts";
import { type Stage, stageError } from "./spawn_table.ts";

/** From <errno.h>. */
const EBADF = 9, EAGAIN = 11, EINVAL = 22;

/** What has kept a process from its exec. */
export type Kept = "stopped" | "slow";

/** The error for a clone3(2) that was refused: what asked for more than a process is the cause. */
export function cloneError({ request, path }: Launch, error: number): OsError {
  const { attributes, cwd, fds } = request;
  const cgroup = attributes?.cgroup;
  if (cgroup !== undefined && error !== EAGAIN) return osError("enter cgroup", error, cgroup);
  if (attributes?.namespaces?.includes("pid") && error !== EAGAIN) return osError("unshare", error, "pid");
  return spawnError(path, cwd, fds, error);
}

/** The error for a process that did not come to its exec, and was killed. */
export function keptError({ path }: Launch, kept: Kept): OsError {
  if (kept === "stopped") return osError("exec", "EINTR", path, "somebody has stopped the process before");
  const where = "its file system does not answer, or its cgroup is frozen";
  return osError("exec", "ETIMEDOUT", path, `it takes too long: ${where}`);
}

/** The error for a step that has failed, with the stage as its `call`. */
export function stepError(
  { request, path }: Launch,
  stage: Stage,
  error: number,
): OsError {
  const { cwd, fds, attributes } = request;
  if (stage.call === "exec") return execError(path, cwd, error, attributes);
  if (stage.call === "dup2" && (error === EBADF || error === EINVAL)) {
    return spawnError(path, cwd, fds, EBADF);
  }
  return stageError(stage, error);
}
