import { linuxOs } from "../lib/os/linux/mod.ts";
import type { Measurement, Settings } from "./measurement.ts";

/** The whole life of a process, by lib/os and by a loop in C. */
export const spawn: Measurement = {
  name: "spawn",
  about: "start a process that ends at once, reap it, and again: lib/os against C",
  measure: async (settings) => {
    const c: number[] = [];
    const ours: number[] = [];
    for (let run = 0; run <= settings.runs; run++) {
      const [inC, byUs] = [await loopInC(settings), await loopByUs(settings)];
      if (run === 0) continue;
      c.push(inC);
      ours.push(byUs);
    }
    return [{
      title: "One process, from its start until it is reaped",
      compared: true,
      rows: [
        { name: "posix_spawn and waitid in C", unit: "µs", samples: c },
        { name: "lib/os", unit: "µs", samples: ours },
      ],
      notes: [],
    }];
  },
};

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

async function loopByUs({ workshop, services }: Settings): Promise<number> {
  await Deno.writeFile(workshop.times, new Uint8Array());
  const service = await workshop.program("service");
  const os = linuxOs();
  const byte = new Uint8Array(1);
  try {
    const began = os.now();
    for (let left = services; left > 0; left--) {
      const { read, write } = os.pipe();
      os.spawn({ argv: [service, workshop.times, "exit"], env: {}, fds: [{ from: write, to: 3 }] });
      os.close(write);
      // Like the loop in C it waits for the notification, and then for the end.
      os.watch(read);
      while (os.read(read, byte) < 0) await os.wait(null);
      os.close(read);
      while (os.reap().length === 0) await os.wait(null);
    }
    return (os.now() - began) * 1000 / services;
  } finally {
    os.dispose();
  }
}
