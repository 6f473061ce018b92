import { join } from "@std/path";
import { debianKernel, imageEntries, type Kernel, writeInitramfs } from "../lib/build/image/mod.ts";
import { BuildFailure, hostCommand } from "../lib/build/mod.ts";
import type { Measurement, Row, Settings } from "./measurement.ts";
import { unitsText } from "./units_text.ts";
import { type VmInit, vmInits } from "./vm_inits.ts";
import { CannotMeasure } from "./workshop.ts";

/** As many as a small machine has. */
const SERVICES = 20;
/** No boot takes longer than this, in seconds. */
const PATIENCE = 180;

/** What one boot has taken from the start of process 1, in ms. */
interface Boot {
  readonly first: number;
  readonly last: number;
}

/** A boot of a kernel, from the start of its first program to the last service that is ready. */
export const vm: Measurement = {
  name: "vm",
  about:
    `${SERVICES} services on an emulated machine, from the start of PID 1, against other inits of Debian`,
  measure: async (settings) => {
    const { runs, workshop } = settings;
    const { present, missing } = await vmInits(SERVICES, workshop.folder);
    const denit: VmInit = { name: "Denit", argv: ["/init"], programs: [], files: [], links: {} };
    const kernel = await requireMachine();
    const initrd = await makeImage(settings, present);
    const inits = [denit, ...present];
    const boots: Boot[][] = inits.map(() => []);
    const failed = new Map<VmInit, string>();
    // They take turns, so that what else this machine does hits all of them alike. Each machine starts with nothing.
    for (let run = 0; run < runs; run++) {
      for (const [at, init] of inits.entries()) {
        if (failed.has(init)) continue;
        try {
          boots[at]!.push(await bootOnce(kernel, initrd, init));
        } catch (error) {
          if (init === denit) throw error;
          failed.set(init, `not measured: ${init.name}: ${error instanceof Error ? error.message : error}`);
        }
      }
    }
    const rows = (samplesOf: (boot: Boot) => number): Row[] =>
      inits.flatMap(({ name }, at) => {
        const samples = boots[at]!.map(samplesOf);
        return samples.length === 0 ? [] : [{ name, unit: "ms", samples }];
      });
    const title = `PID 1 of an emulated machine, ${SERVICES} services at once: from its exec until`;
    return [
      { title: `${title} the first one runs`, compared: true, rows: rows(({ first }) => first), notes: [] },
      {
        title: `${title} the last one is ready, by its own clock`,
        compared: true,
        rows: rows(({ last }) => last),
        notes: [...missing, ...failed.values()],
      },
    ];
  },
};

async function requireMachine(): Promise<Kernel> {
  try {
    await hostCommand(["qemu-system-x86_64", "--version"]);
    return await debianKernel();
  } catch (error) {
    const cure = error instanceof BuildFailure ? error.cure : "install qemu-system-x86 (Debian)";
    throw new CannotMeasure(`${error instanceof Error ? error.message : error}; ${cure}`);
  }
}

/** One image with all of them in it, so that unpacking it, and the memory left, is the same for each. */
async function makeImage({ workshop }: Settings, inits: readonly VmInit[]): Promise<string> {
  const init = await workshop.init("vm", () => unitsText("star", SERVICES, ["/bin/service", "/times"]));
  const program = async (path: string, name: "service" | "vm_launch") => ({
    path,
    content: await workshop.program(name),
    mode: 0o755,
  });
  const entries = await imageEntries({
    init,
    programs: [...new Set(inits.flatMap(({ programs }) => programs))],
    files: [
      await program("/bin/service", "service"),
      await program("/bin/vm_launch", "vm_launch"),
      ...inits.flatMap(({ files }) => files),
    ],
    links: Object.assign({}, ...inits.map(({ links }) => links)),
  });
  const initrd = join(workshop.folder, "vm-initrd");
  await writeInitramfs(entries, initrd);
  return initrd;
}

async function bootOnce({ vmlinuz }: Kernel, initrd: string, { argv }: VmInit): Promise<Boot> {
  const words = [
    "console=ttyS0",
    "panic=-1",
    "quiet",
    "no_timer_check",
    "rdinit=/bin/vm_launch",
    "--",
    SERVICES,
    ...argv,
  ];
  const { stdout } = await new Deno.Command("setpriv", {
    args: [
      // Each ends with who has started it, even if that is killed.
      ...["--pdeathsig=KILL", "timeout", "--kill-after=1", String(PATIENCE)],
      ...["setpriv", "--pdeathsig=KILL", "qemu-system-x86_64"],
      ...[
        "-accel",
        "tcg,thread=multi",
        "-cpu",
        "max",
        "-smp",
        "2",
        "-m",
        "1024",
        "-nodefaults",
        "-no-user-config",
      ],
      ...["-display", "none", "-serial", "stdio", "-no-reboot"],
      ...["-kernel", vmlinuz, "-initrd", initrd, "-append", words.join(" ")],
    ],
    stdin: "null",
    stderr: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  const [, start, first, last] = /^RESULT (\d+) (\d+) (\d+)\r?$/m.exec(text) ?? [];
  if (start === undefined) {
    throw new Error(
      `${argv[0]} has not started ${SERVICES} services:\n${text.trim().split("\n").slice(-15).join("\n")}`,
    );
  }
  return { first: (Number(first) - Number(start)) / 1e6, last: (Number(last) - Number(start)) / 1e6 };
}
