import { assert } from "@std/assert";
import { basename, fromFileUrl, join } from "@std/path";
import { type ImageContents, imageEntries, writeInitramfs } from "../../lib/build/image/mod.ts";
import { build, silentProgress } from "../../lib/build/mod.ts";
import { hostCommand } from "./host_command.ts";
import type { Kernel } from "./kernel.ts";

const guestFolder = fromFileUrl(new URL("guest", import.meta.url));

/** What to put into a guest beside init, a shell, and the drivers of the virtual hardware. */
export interface GuestSettings extends Omit<ImageContents, "init" | "modules"> {
  readonly kernel: Kernel;
  /** The units module: a name in `guest/`, without its ending. */
  readonly units: string;
  /** Names of kernel modules; what they need comes along. */
  readonly modules?: readonly string[];
}

/** A system that was built to be booted, for all tests of a module. */
export interface Guest extends AsyncDisposable {
  readonly kernel: Kernel;
  /** The id of its generation. */
  readonly generation: string;
  readonly init: string;
  /** The initramfs image. */
  readonly initrd: string;
}

/** What `guest/devices.ts` loads. */
const DRIVERS = ["virtio_pci", "virtio_blk", "virtio_net", "virtio_console", "virtio_rng"];

/** Programs of busybox that end a machine behind init's back, or would be init themselves. */
const UNWELCOME = ["init", "linuxrc", "poweroff", "reboot", "halt"];

/** Builds init from units, and an initramfs with it, in a folder that goes when it is disposed of. */
export async function openGuest(settings: GuestSettings): Promise<Guest> {
  const { kernel, units, modules = [], programs = [], files = [], links = {} } = settings;
  const folder = await Deno.makeTempDir({ prefix: "denit-guest-" });
  try {
    const result = await build({
      units: join(guestFolder, `${units}.ts`),
      out: folder,
      progress: silentProgress,
    });
    assert(result.ok, result.ok ? "" : result.problems.join("\n"));
    const names = programs.map((program) => basename(typeof program === "string" ? program : program.path));
    const applets = (await hostCommand(["busybox", "--list"])).trim().split("\n")
      .filter((name) => ![...names, ...UNWELCOME, "busybox"].includes(name));
    const entries = await imageEntries({
      init: result.init,
      programs: [{ path: "/bin/busybox", host: await findProgram("busybox") }, ...programs],
      files: [...await guestFiles(), ...files],
      links: { ...Object.fromEntries(applets.map((name) => [`/bin/${name}`, "busybox"])), ...links },
      modules: { root: kernel.modulesRoot, release: kernel.release, names: [...DRIVERS, ...modules] },
    });
    const initrd = join(folder, "initrd");
    await writeInitramfs(entries, initrd);
    return {
      kernel,
      generation: result.generation,
      init: result.init,
      initrd,
      [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
    };
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
}

/** The scripts by which a guest talks to us. */
async function guestFiles() {
  const files = [];
  for await (const { name } of Deno.readDir(join(guestFolder, "bin"))) {
    files.push({ path: `/bin/${name}`, content: join(guestFolder, "bin", name) });
  }
  return files;
}

/** Where the host has a program. */
export async function findProgram(name: string): Promise<string> {
  return (await hostCommand(["sh", "-c", 'command -v "$1"', "sh", name])).trim();
}
