/** What init does itself, each task by the facility of the kernel that it is about. */
import type { Json } from "../../define/json.ts";
import type { KernelTask } from "../../define/kernel_task.ts";
import { ERRNO, type ErrnoName, osError } from "../errno.ts";
import { OsError } from "../error.ts";
import { setRealtime } from "./clock.ts";
import { loopbackUp } from "./loopback.ts";
import { setHostname, sharesHostname } from "./machine.ts";
import { loadModules } from "./modules.ts";
import { loadSeed, saveSeed } from "./random.ts";

/** What is done, and to what, where a failure comes without the words of a call. */
function wordsOf(task: KernelTask): [string, string] {
  switch (task.kernel) {
    case "load-seed":
      return ["use the random seed in", task.file];
    case "save-seed":
      return ["save a random seed in", task.file];
    case "set-clock":
      return ["set the clock by", task.notBeforeFile];
    case "read-mark":
      return ["read the time in", task.file];
    case "keep-clock":
      return ["keep the time in", task.file];
    default:
      return ["perform", task.kernel];
  }
}

/** Performs a task; never throws. */
export async function perform(task: KernelTask): Promise<Json | OsError> {
  try {
    return await outputOf(task);
  } catch (error) {
    if (error instanceof OsError) return error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const [call, subject] = wordsOf(task);
    const [known, detail] = code in ERRNO ? [code as ErrnoName] : ["EIO" as const, String(error)];
    return osError(call, known, subject, detail);
  }
}

async function outputOf(task: KernelTask): Promise<Json> {
  switch (task.kernel) {
    case "hostname":
      if (sharesHostname()) {
        throw osError("name", "EPERM", task.name, "the name is that of a machine around us");
      }
      setHostname(task.name);
      return { name: task.name };
    case "loopback":
      loopbackUp();
      return { interface: "lo" };
    case "modules":
      return { loaded: await loadModules(task.names) };
    case "load-seed":
      return { bits: await loadSeed(task.file) };
    case "save-seed":
      await saveSeed(task.file);
      return null;
    case "set-clock":
      return { movedBy: await setForward(task.notBeforeFile) };
    case "read-mark":
      return await markOf(task.file);
    case "keep-clock":
      await mark(task.file);
      return null;
  }
}

/** By how many milliseconds the clock was behind a file; it is not any more. */
async function setForward(path: string): Promise<number> {
  const written = await markOf(path) ?? 0;
  const behind = written - Date.now();
  if (behind <= 0) return 0;
  setRealtime(written);
  return behind;
}

async function markOf(path: string): Promise<number | null> {
  try {
    return (await Deno.stat(path)).mtime?.getTime() ?? null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function mark(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const now = Date.now() / 1000;
  await file.utime(now, now);
  await file.sync();
}
