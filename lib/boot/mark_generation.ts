import { dirname } from "@std/path";
import { messageOf } from "../define/message_of.ts";
import type { Graph } from "../graph/graph.ts";
import { realDisk } from "./generation_disk.ts";
import { isInGenerations } from "./generation_folder.ts";
import { lockGenerations, ROLE_DISK } from "./generation_lock.ts";
import { type GenerationStatus, writeStatus } from "./status_file.ts";

/**
 * Writes the verdict on a generation by hand.
 *
 * @param reason Why it has failed.
 * @throws {Error} If the system has no watchdog, and so no status file, or the file system refuses.
 */
export async function markGeneration(
  graph: Graph,
  generation: string,
  verdict: GenerationStatus,
  reason = "",
): Promise<void> {
  if (graph.watchdog === null) {
    throw new Error(
      `cannot mark the generation ${verdict}: its system has no watchdog; give defineSystem one`,
    );
  }
  const path = graph.watchdog.statusFile(generation);
  try {
    using _lock = await isInGenerations(path, realDisk)
      ? await lockGenerations(dirname(dirname(path)))
      : null;
    await writeStatus(path, verdict, reason.replaceAll(/\s+/g, " ").trim(), ROLE_DISK);
  } catch (error) {
    throw new Error(`cannot write ${verdict} to ${path}: ${messageOf(error)}`);
  }
}
