import type { Fd } from "../os/os.ts";

/** Pieces of what services print that are read in one turn: whoever ends meanwhile waits for no more than these. */
const LOG_READS = 4;

/**
 * Whom to read in a turn: of the logs only some, beginning with another one in each turn. However many services print
 * without an end, the others are hardly kept waiting.
 */
export function fairShare(readable: readonly Fd[], isLog: (fd: Fd) => boolean, turn: number): readonly Fd[] {
  if (readable.length <= LOG_READS) return readable;
  const logs = readable.filter(isLog);
  if (logs.length <= LOG_READS) return readable;
  const first = turn % logs.length;
  const heard = [...logs.slice(first), ...logs.slice(0, first)].slice(0, LOG_READS);
  return [...readable.filter((fd) => !isLog(fd)), ...heard];
}
