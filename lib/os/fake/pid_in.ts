import { osError } from "../errno.ts";
import type { Pid } from "../os.ts";

/** The id in one of the files in which daemons have written theirs, all of which are root's. @throws {OsError} ENOENT. */
export function pidIn(
  files: ReadonlyMap<string, Pid>,
  path: string,
): { readonly pid: Pid; readonly uid: number } {
  const pid = files.get(path);
  if (pid === undefined) throw osError("read pid file", "ENOENT", path);
  return { pid, uid: 0 };
}
