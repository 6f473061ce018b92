import { join } from "@std/path";
import { BuildFailure } from "../failure.ts";
import { reasonOf } from "../project.ts";
import { sweep, temporaryPrefix } from "../temporary.ts";
import { hostCommand } from "../host_command.ts";

/** A kernel that a virtual machine can boot. */
export interface Kernel {
  /** What `uname -r` says in the machine. */
  readonly release: string;
  /** The image, a file of the host. */
  readonly vmlinuz: string;
  /** The folder that `lib/modules/RELEASE` is in, with the tables of depmod(8). */
  readonly modulesRoot: string;
}

/**
 * Debian's kernels. `cloud` is a quarter of the size and boots three seconds
 * sooner; only `generic` has drivers for emulated watchdogs.
 */
export type Flavour = "cloud" | "generic";

const METAPACKAGES: Readonly<Record<Flavour, string>> = {
  cloud: "linux-image-cloud-amd64",
  generic: "linux-image-amd64",
};

const underWay = new Map<Flavour, Promise<Kernel>>();

/**
 * A kernel of Debian, unpacked in the user's cache. It is downloaded once, by
 * apt-get(8), and nothing is installed.
 *
 * @throws {BuildFailure} If it can neither be found nor downloaded: with the reason.
 */
export function debianKernel(flavour: Flavour = "cloud"): Promise<Kernel> {
  let found = underWay.get(flavour);
  if (found === undefined) underWay.set(flavour, found = findOrDownload(flavour));
  return found;
}

async function findOrDownload(flavour: Flavour): Promise<Kernel> {
  const cache = join(cacheHome(), "denit", "kernel", flavour);
  const found = await findUnpacked(cache);
  if (found !== null) return found;
  try {
    await download(METAPACKAGES[flavour], cache);
  } catch (error) {
    throw new BuildFailure(
      `cannot get the ${flavour} kernel of Debian: ${reasonOf(error)}`,
      "it takes Debian's package sources, an `apt-get update` that is not too old, and the packages dpkg and kmod",
    );
  }
  const unpacked = await findUnpacked(cache);
  if (unpacked === null) throw new Error(`cannot find a kernel in ${cache}, into which it was just unpacked`);
  return unpacked;
}

/** The folder for what can be made again; as the XDG Base Directory Specification has it. */
function cacheHome(): string {
  const chosen = Deno.env.get("XDG_CACHE_HOME");
  if (chosen !== undefined && chosen.startsWith("/")) return chosen;
  return join(Deno.env.get("HOME") ?? "/tmp", ".cache");
}

/** The newest of the kernels that lie in a folder, each in one named by its release. */
async function findUnpacked(cache: string): Promise<Kernel | null> {
  const releases: string[] = [];
  try {
    for await (const { name } of Deno.readDir(cache)) {
      if (/^\d/.test(name)) releases.push(name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const release = releases.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
  if (release === undefined) return null;
  const modulesRoot = join(cache, release);
  return { release, vmlinuz: join(modulesRoot, "boot", `vmlinuz-${release}`), modulesRoot };
}

/**
 * Downloads and unpacks the kernel that a metapackage asks for. Several may do
 * this at the same time: each in a folder of its own, and the first to be done
 * renames it into place.
 */
async function download(metapackage: string, cache: string): Promise<void> {
  const depends = await hostCommand(["apt-cache", "depends", metapackage]);
  const name = /Depends: (linux-image-\d\S*)/.exec(depends)?.[1];
  if (name === undefined) throw new Error(`${metapackage} depends on no kernel:\n${depends}`);
  await Deno.mkdir(cache, { recursive: true });
  await sweep(cache);
  const scratch = await Deno.makeTempDir({ dir: cache, prefix: temporaryPrefix });
  try {
    // As root, apt would like to download as a user who cannot write here, and complain.
    const sandbox = Deno.uid() === 0 ? ["-o", "APT::Sandbox::User=root"] : [];
    await hostCommand(["apt-get", "-qq", ...sandbox, "download", name], { cwd: scratch });
    const [archive] = [...Deno.readDirSync(scratch)].map((entry) => entry.name);
    if (archive === undefined) throw new Error(`apt-get has downloaded nothing for ${name}`);
    const root = join(scratch, "root");
    await hostCommand(["dpkg", "-x", join(scratch, archive), root]);
    const [release] = [...Deno.readDirSync(join(root, "lib/modules"))].map((entry) => entry.name);
    if (release === undefined) throw new Error(`there are no modules in ${archive}`);
    await hostCommand(["depmod", "-b", root, release]);
    await Deno.rename(root, join(cache, release)).catch((error: unknown) => {
      // Somebody else was quicker; theirs is as good.
      if (!/not empty|exists/i.test(String(error))) throw error;
    });
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}
