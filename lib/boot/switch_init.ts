import type { LeftBehind } from "../driver/mod.ts";
import { descriptorsOf } from "../driver/handover.ts";
import type { Portrait } from "../graph/diff.ts";
import { execve, recordedSignals, setCloseOnExec } from "../os/linux/mod.ts";
import type { Fd, Os, SignalName } from "../os/os.ts";
import type { CarriedState } from "../supervisor/mod.ts";

/** All that one init leaves to the next one in the same process, as JSON in a descriptor. */
export interface Handover extends LeftBehind {
  /** Version of this format: {@linkcode HANDOVER_VERSION}. */
  readonly version: number;
  /** Whose it was. */
  readonly generation: string;
  readonly state: CarriedState;
  readonly portraits: readonly Portrait[];
  /** The services that somebody, or the boot, asks for by name. */
  readonly asked: readonly string[];
  /** The services that the boot has started. */
  readonly boot: readonly string[];
  /** Signals that were sent and that nobody has looked at. */
  readonly signals: readonly SignalName[];
  /** A descriptor in which those are noted that arrive in the last moments. */
  readonly lateSignals: Fd;
  /** How many entries the journal has. */
  readonly entries: number;
}

/** The version of a {@linkcode Handover} that this binary writes and understands. */
export const HANDOVER_VERSION = 1;
/** Names the descriptor with the handover, for the init that takes over. */
const VARIABLE = "DENIT_HANDOVER";

/**
 * Makes this process another init, which takes over all that runs: the pid, the children and the descriptors stay.
 * Signals are to be recorded by then, so that none is lost.
 *
 * @param path A program that was seen to work: beyond some point nobody can go back.
 * @throws {OsError} If the kernel refuses it; then nothing has changed.
 */
export function becomeInit(os: Os, path: string, handover: Handover): void {
  const blob = os.blob(new TextEncoder().encode(JSON.stringify(handover)));
  const kept = [blob, handover.lateSignals, ...descriptorsOf(handover)];
  try {
    for (const fd of kept) setCloseOnExec(fd, false);
    execve(path, [path, ...Deno.args], { ...Deno.env.toObject(), [VARIABLE]: String(blob) });
  } finally {
    for (const fd of kept) setCloseOnExec(fd, true);
    os.close(blob);
  }
}

/**
 * What the init before this one has left, if it has become this one. Signals wait until
 * `letSignalsThrough`.
 *
 * @throws {Error} If it was left by an init that speaks of it otherwise.
 */
export function takeHandover(os: Os): Handover | null {
  const fd = Deno.env.get(VARIABLE);
  if (fd === undefined) return null;
  Deno.env.delete(VARIABLE);
  const handover: Handover = JSON.parse(Deno.readTextFileSync(`/proc/self/fd/${fd}`));
  os.close(Number(fd));
  for (const kept of descriptorsOf(handover)) setCloseOnExec(kept, true);
  if (handover.version !== HANDOVER_VERSION) {
    throw new Error(`cannot take over from generation ${handover.generation}: it speaks another language`);
  }
  return { ...handover, signals: [...handover.signals, ...recordedSignals(handover.lateSignals)] };
}
