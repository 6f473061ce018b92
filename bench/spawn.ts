import { cgroupOf, linuxOs, makeCgroup, removeCgroup } from "../lib/os/linux/mod.ts";
import type { SpawnAttributes } from "../lib/os/mod.ts";
import type { Measurement, Result, Row, Settings } from "./measurement.ts";

/** How many descriptors a supervisor may have open: three or four for each of its services. */
const OPEN = [10, 500, 2000] as const;

/** The whole life of a process, by lib/os and by a loop in C. */
export const spawn: Measurement = {
  name: "spawn",
  about: "start a process that ends at once, reap it, and again: lib/os against C, and what attributes cost",
  measure: async (settings) => [await againstC(settings), ...await withAttributes(settings)],
};

async function againstC(settings: Settings): Promise<Result> {
  const c: number[] = [];
  const ours: number[] = [];
  for (let run = 0; run <= settings.runs; run++) {
    const [inC, byUs] = [await loopInC(settings), await loopByUs(settings)];
    if (run === 0) continue;
    c.push(inC);
    ours.push(byUs);
  }
  return {
    title: "One process, from its start until it is reaped",
    compared: true,
    rows: [
      { name: "posix_spawn and waitid in C", unit: "µs", samples: c },
      { name: "lib/os", unit: "µs", samples: ours },
    ],
    notes: [],
  };
}

/** What a service that is confined has: a user, groups, two sets of capabilities and a cgroup. */
async function withAttributes(settings: Settings): Promise<Result[]> {
  const cgroup = makeOwnCgroup();
  const attributes: SpawnAttributes = {
    uid: 65534,
    gid: 65534,
    groups: [65534],
    capabilities: { bounding: ["net_bind_service"], ambient: ["net_bind_service"] },
    noNewPrivileges: true,
    ...(cgroup === null ? {} : { cgroup }),
  };
  const ways: readonly (readonly [string, Way])[] = [
    ["plain", {}],
    ["plain, by posix_spawn", { starter: "posix_spawn" }],
    ...(Deno.uid() === 0
      ? [[`user, groups, capabilities${cgroup === null ? "" : ", cgroup"}`, { attributes }] as const]
      : []),
  ];
  const notes = Deno.uid() === 0 ? [] : ["attributes are not measured: they need root"];
  try {
    const results: Result[] = [];
    for (const open of OPEN) {
      const rows: (Row & { samples: number[] })[] = ways.map(([name]) => ({ name, unit: "µs", samples: [] }));
      for (let run = 0; run <= settings.runs; run++) {
        for (const [at, [, way]] of ways.entries()) {
          const sample = await loopByUs(settings, { ...way, open });
          if (run > 0) rows[at]!.samples.push(sample);
        }
      }
      const title = `The same by lib/os while ${open} other descriptors are open`;
      results.push({ title, compared: true, rows, notes });
    }
    return results;
  } finally {
    if (cgroup !== null) removeCgroup(cgroup);
  }
}

/** A cgroup for the processes of the measurement; null where we may make none. */
function makeOwnCgroup(): string | null {
  const own = cgroupOf("self");
  if (own === null) return null;
  try {
    const cgroup = `${own}/denit-bench-${Deno.pid}`;
    makeCgroup(cgroup);
    return cgroup;
  } catch {
    return null;
  }
}

/** How processes are started. */
interface Way {
  readonly starter?: "clone3" | "posix_spawn";
  readonly attributes?: SpawnAttributes;
  readonly open?: number;
}

/** Microseconds for each process. */
async function loopInC({ workshop, services }: Settings): Promise<number> {
  await Deno.writeFile(workshop.times, new Uint8Array());
  const floor = await workshop.program("floor");
  const service = await workshop.program("service");
  const { stdout } = await new Deno.Command(floor, {
    args: ["spawn", String(services), service, workshop.times],
  })
    .output();
  return Number(new TextDecoder().decode(stdout)) / 1000 / services;
}

async function loopByUs(
  { workshop, services }: Settings,
  { starter = "clone3", open = 0, ...rest }: Way = {},
): Promise<number> {
  await Deno.writeFile(workshop.times, new Uint8Array());
  // Also another user has to reach it, and to write down when it ran.
  const service = await workshop.program("service");
  await Deno.chmod(workshop.folder, 0o755);
  await Deno.chmod(workshop.times, 0o666);
  const os = linuxOs(starter);
  const byte = new Uint8Array(1);
  const once = async () => {
    const { read, write } = os.pipe();
    os.spawn({ argv: [service, workshop.times, "exit"], env: {}, fds: [{ from: write, to: 3 }], ...rest });
    os.close(write);
    // Like the loop in C it waits for the notification, and then for the end.
    os.watch(read);
    while (os.read(read, byte) < 0) await os.wait(null);
    os.close(read);
    while (os.reap().length === 0) await os.wait(null);
  };
  try {
    // A supervisor starts its first process before it has many descriptors.
    await once();
    for (let left = open; left > 0; left--) os.blob(byte);
    const began = os.now();
    for (let left = services; left > 0; left--) await once();
    return (os.now() - began) * 1000 / services;
  } finally {
    os.dispose();
  }
}
