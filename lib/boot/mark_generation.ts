import type { Graph } from "../graph/graph.ts";
import { buildInfo } from "./build_info.ts";
import { type GenerationStatus, writeStatus } from "./status_file.ts";
import { messageOf } from "../define/message_of.ts";

/**
 * Writes the verdict on the generation that this binary is.
 *
 * @throws {Error} If the system has no watchdog, and so no status file, or the file system refuses.
 */
export async function markGeneration(graph: Graph, verdict: GenerationStatus): Promise<void> {
  if (graph.watchdog === null) {
    throw new Error(
      `cannot mark the generation ${verdict}: its system has no watchdog; give defineSystem one`,
    );
  }
  const path = graph.watchdog.statusFile(buildInfo().generation);
  try {
    await writeStatus(path, verdict);
  } catch (error) {
    throw new Error(`cannot write ${verdict} to ${path}: ${messageOf(error)}`);
  }
}
