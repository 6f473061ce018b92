import { join, toFileUrl } from "@std/path";
import {
  debianKernel,
  fileOption,
  imageEntries,
  type Kernel,
  linkOption,
  linkTable,
  programOption,
  writeInitramfs,
} from "../build/image/mod.ts";
import { projectRoot } from "../build/mod.ts";
import { requireEmulator, runVirtualMachine } from "./boot_vm_machine.ts";

/** Settings of {@linkcode bootVm}. */
export interface BootVmOptions {
  /** Whether to switch off once the boot has succeeded. */
  readonly once: boolean;
  /** What goes into the image beside init, as for `build`: programs, files, links, kernel modules. */
  readonly include: readonly string[];
  readonly file: readonly string[];
  readonly link: readonly string[];
  readonly modules: readonly string[];
  /** Words of the kernel's command line. */
  readonly append: readonly string[];
}

/** What a machine boots, and what it finds around itself. */
export interface Scenery extends AsyncDisposable {
  readonly initrd: string;
  /** Arguments of QEMU for disks and network cards. */
  readonly hardware: readonly string[];
  /** What to tell the user before the boot, and once it is through. */
  readonly about: string;
  readonly hint: string | null;
}

/** A module that sets up the machine of this checkout's own units, and those that it talks to. */
export interface Stage {
  readonly openScenery: (kernel: Kernel) => Promise<Scenery>;
}

/** The stage for this checkout's own units. It takes the tests' harness for virtual machines. */
const OWN_STAGE = join(projectRoot, "tests", "vm", "demonstration.ts");

/** The drivers of what QEMU has for a machine. */
const DRIVERS = ["virtio_pci", "virtio_blk", "virtio_net", "virtio_console", "virtio_rng"];

/**
 * `boot --vm`: boots an init as what a kernel starts first, in a virtual machine with its console on this terminal.
 *
 * @param makeInit Gives the init to boot, null if its units are wrong; undefined for this checkout's own machine.
 * @returns The exit code, as of `boot`.
 * @throws {BuildFailure} If something for it is missing.
 */
export async function bootVm(
  options: BootVmOptions,
  makeInit: (() => Promise<string | null>) | undefined,
  say: (line: string) => void,
): Promise<number> {
  await requireEmulator();
  const kernel = await debianKernel();
  let scenery: Scenery | null;
  if (makeInit === undefined) {
    say("building two machines, each with an init of its own; that takes a while");
    const stage: Stage = await import(toFileUrl(OWN_STAGE).href);
    scenery = await stage.openScenery(kernel);
  } else scenery = await plainScenery(kernel, options, makeInit);
  if (scenery === null) return 1;
  await using set = scenery;
  say(`Linux ${kernel.release} on an emulated machine; ${set.about}`);
  say("Ctrl-C shuts down; other keys go to its console, and a Ctrl-C there after Ctrl-V");
  const words = [...options.append, ...options.once ? ["--", "--once"] : []];
  const booted = () => set.hint !== null && !options.once && say(set.hint);
  const { vmlinuz } = kernel;
  const { initrd, hardware } = set;
  const [summary, code] = await runVirtualMachine({ vmlinuz, initrd, words, hardware }, say, booted);
  say(`${summary}; exit code ${code}`);
  return code;
}

/** A machine that has nothing but an initramfs with init and what the user has named. */
async function plainScenery(
  kernel: Kernel,
  { include, file, link, modules }: BootVmOptions,
  makeInit: () => Promise<string | null>,
): Promise<Scenery | null> {
  const programs = include.map(programOption);
  const trees = file.map(fileOption);
  const init = await makeInit();
  if (init === null) return null;
  const names = [...DRIVERS, ...modules.flatMap((word) => word.split(","))];
  const entries = await imageEntries({
    init,
    programs,
    files: trees.flatMap(({ files }) => files),
    links: linkTable([...trees.flatMap(({ links }) => links), ...link.map(linkOption)]),
    modules: { root: kernel.modulesRoot, release: kernel.release, names },
  });
  const folder = await Deno.makeTempDir({ prefix: "denit-boot-" });
  const remove = () => Deno.remove(folder, { recursive: true });
  try {
    const initrd = join(folder, "initrd");
    await writeInitramfs(entries, initrd);
    const programsTold = programs.length === 0 ? "init and nothing else" : "init and what you named";
    return {
      initrd,
      hardware: [],
      about: `in it ${programsTold}, no disk and no network`,
      hint: null,
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
