import type { Mailbox as Rights } from "../define/readiness.ts";
import type { ServiceId } from "../graph/graph.ts";
import type { Kin, Letter, Os, Pid } from "../os/os.ts";
import type { Mailbox } from "./mailbox.ts";

/** The processes that a service is known by. */
export interface Family {
  /** Its main process, which has not been reaped; 0 if it has none. */
  readonly pid: Pid;
  /** Main processes that it had before, as long as the group or session of one may be that of others. */
  readonly former: ReadonlySet<Pid>;
  /** Whether a process is in its cgroup, if it has one. */
  readonly holds: (pid: Pid) => boolean;
}

/** The processes that the service of a mailbox is known by. */
export function familyOf(
  { id, pid, former }: Mailbox,
  holds: (id: ServiceId, pid: Pid) => boolean,
): Family {
  return { pid, former, holds: (pid) => holds(id, pid) };
}

/** How far up we look: whoever has more ancestors than that hides. */
const MOST_ANCESTORS = 64;

/** Why somebody is not heard who has written to a service's mailbox; null if they are. */
export function obstacleOf(os: Os, { access }: Rights, family: Family, letter: Letter): string | null {
  const { pid, whole } = letter;
  if (!whole) return "it is longer than 64 KiB, or brings more descriptors than there is room for";
  if (family.pid === 0) return "nothing of the service runs";
  if (pid === family.pid) return null;
  if (pid === 0) return "its sender is in a PID namespace that cannot be looked into";
  if (access === "main") return "it is not the main process, and only that one may";
  const kin = os.kinOf(pid);
  // A zombie still has a family. One that is reaped could be anybody's: systemd does not hear it either.
  if (kin === null) {
    return "it had ended before it was heard: let it wait, as systemd-notify does without --no-block";
  }
  return isOf(os, family, kin) || family.holds(pid) ? null : "it is no process of the service";
}

/** Why a process cannot become the main process of a service; null if it can. */
export function moveObstacle(
  os: Os,
  family: Family & { readonly isKnown: (pid: Pid) => boolean },
  letter: Letter,
  pid: Pid,
): string | null {
  if (pid < 2) return "this can be no service's process";
  const kin = os.kinOf(pid);
  if (kin === null || kin.ended) return "there is no such process";
  if (isOf(os, family, kin) || family.holds(pid)) return null;
  // A daemon that has left everything behind has come to us, as an orphan. It must not be anybody else's.
  const orphan = kin.parent === os.kinOf(family.pid)?.parent && !family.isKnown(pid);
  if (orphan && (letter.uid === 0 || letter.uid === kin.user)) return null;
  return "it is no process of the service";
}

/** Whether a process belongs to a family: it is in a group or session of it, or descends from it. */
function isOf(os: Os, { pid, former }: Family, process: Kin): boolean {
  const isHead = (each: Pid) => each === pid || former.has(each);
  let kin: Kin | null = process;
  for (let steps = 0; kin !== null && steps < MOST_ANCESTORS; steps++) {
    if (isHead(kin.session) || isHead(kin.group) || isHead(kin.parent)) return true;
    if (kin.parent < 2) return false;
    kin = os.kinOf(kin.parent);
  }
  return false;
}
