import { delay } from "@std/async/delay";
import { join } from "@std/path";
import type { Settings } from "./measurement.ts";

/** What starts services. */
export interface Contestant {
  readonly name: string;
  /** The program and its arguments. `folder` is empty but for `start` and `out`, and the working directory. */
  readonly argv: (folder: string) => Promise<readonly [string, ...string[]]>;
  /** When it knew that all services were ready, CLOCK_MONOTONIC in ns; null while it does not. */
  readonly known?: (folder: string) => Promise<number | null>;
}

/** What one boot has taken, from the exec of the contestant, in ms. */
export interface Boot {
  /** Until the last service said that it was ready. */
  readonly ready: number;
  /** Until the contestant knew so; null if it does not tell. */
  readonly known: number | null;
}

/** A contestant that runs, with all services ready. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
  readonly folder: string;
  readonly boot: Boot;
}

/** No boot takes longer than this, in ms. */
const PATIENCE = 60_000;

/** Starts a contestant and waits until all its services are ready; disposing of it stops it. */
export async function start(contestant: Contestant, settings: Settings, services: number): Promise<Running> {
  const { workshop, priority } = settings;
  const folder = await Deno.makeTempDir({ dir: workshop.folder, prefix: "run-" });
  await Deno.writeFile(workshop.times, new Uint8Array());
  const argv = await contestant.argv(folder);
  const launch = await workshop.program("launch");
  const process = new Deno.Command(launch, {
    args: [folder, String(priority), ...argv],
    stdin: "null",
  }).spawn();
  const stop = async () => {
    try {
      process.kill("SIGTERM");
    } catch {
      // It has ended by itself.
    }
    await process.status;
    // Whoever still ends what is left would be measured with the next contestant.
    const end = performance.now() + PATIENCE;
    while (isInhabited(folder) && performance.now() < end) await delay(50);
    await Deno.remove(folder, { recursive: true });
  };
  try {
    const boot = await watchBoot(contestant, folder, workshop.times, services);
    return { pid: process.pid, folder, boot, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Whether a process has its working directory in a folder, as those have that supervisors leave behind. */
function isInhabited(folder: string): boolean {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (Deno.readLinkSync(`/proc/${name}/cwd`).startsWith(folder)) return true;
    } catch {
      // It has ended meanwhile, or is somebody else's.
    }
  }
  return false;
}

async function watchBoot(
  contestant: Contestant,
  folder: string,
  times: string,
  services: number,
): Promise<Boot> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    // Looking costs those who are measured: a seldom look will do, as the times are in the file.
    await delay(20);
    const { size } = await Deno.stat(times);
    const known = size < services * 8 ? null : await contestant.known?.(folder) ?? null;
    if (size >= services * 8 && (contestant.known === undefined || known !== null)) {
      const started = Number(await Deno.readTextFile(join(folder, "start")));
      const ready = lastOf(await Deno.readFile(times));
      return {
        ready: (ready - started) / 1e6,
        known: known === null ? null : (known - started) / 1e6,
      };
    }
    if (performance.now() > end) {
      const said = (await Deno.readTextFile(join(folder, "out"))).slice(-1000);
      throw new Error(
        `cannot measure ${contestant.name}: ${size / 8} of ${services} services are ready after ${
          PATIENCE / 1000
        } s; it said:\n${said}`,
      );
    }
  }
}

/** The latest of the times that services have written, in ns. */
export function lastOf(times: Uint8Array): number {
  const view = new DataView(times.buffer, times.byteOffset, times.byteLength);
  let last = 0;
  for (let at = 0; at + 8 <= times.length; at += 8) last = Math.max(last, Number(view.getBigInt64(at, true)));
  return last;
}
