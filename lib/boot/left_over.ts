import { delay } from "@std/async/delay";
import { join } from "@std/path";
import { messageOf } from "../define/message_of.ts";
import { isPopulated, killCgroup, removeCgroup } from "../os/linux/mod.ts";

/** The file of a runtime directory that tells the cgroup of all services. */
const RECORD = "cgroup";
/** How long those who were killed are waited for, and how often they are looked at, in milliseconds. */
const LONGEST = 5000, PAUSE = 5;

/**
 * Kills the services that a supervisor of this runtime directory has left behind, as it was killed itself: none of them
 * shall run twice. Where there are no cgroups, nobody can tell which they are.
 *
 * @returns What there is to say of it; null if nothing was left.
 */
export async function endLeftOver(runtimeDir: string): Promise<string | null> {
  const record = join(runtimeDir, RECORD);
  const cgroup = readRecord(record);
  if (cgroup === null) return null;
  try {
    const populated = isPopulated(cgroup);
    if (populated) killCgroup(cgroup);
    for (let waited = 0; isPopulated(cgroup) && waited < LONGEST; waited += PAUSE) await delay(PAUSE);
    removeCgroup(cgroup);
    return populated ? `ended what another init has left in ${cgroup}: it was killed` : null;
  } catch (error) {
    return `cannot end what another init has left in ${cgroup}: ${messageOf(error)}`;
  }
}

/** Notes the cgroup of all services for whoever comes after us, should we be killed; null takes the note away. */
export function noteCgroup(runtimeDir: string, cgroup: string | null): void {
  const record = join(runtimeDir, RECORD);
  try {
    if (cgroup === null) Deno.removeSync(record);
    else Deno.writeTextFileSync(record, cgroup, { mode: 0o600 });
  } catch {
    // Where nothing can be written, nobody finds anything either.
  }
}

function readRecord(record: string): string | null {
  try {
    return Deno.readTextFileSync(record);
  } catch {
    return null;
  }
}
