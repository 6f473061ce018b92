import { Command, Option } from "@commander-js/extra-typings";
import { join, relative } from "@std/path";
import {
  buildImage,
  compressions,
  fileOption,
  imageKinds,
  type ImageOptions,
  linkOption,
  linkTable,
  modulesOption,
  programOption,
} from "../build/image/mod.ts";
import { build, BuildFailure, type BuildOptions, stderrProgress } from "../build/mod.ts";
import { exitCodeOf, printProblems } from "./check_command.ts";
import { renderImage } from "./image_report.ts";

/** What image to make too; the progress is that of the build. */
type WantedImage = Omit<ImageOptions, "progress">;

/**
 * `build`: makes a generation, and an image of it if one is wanted, and says what they are.
 *
 * @returns The exit code: 0 if all is there now, 1 if something is wrong with the units.
 * @throws {BuildFailure} If the build cannot be carried out.
 */
export async function runBuild(
  options: Omit<BuildOptions, "progress">,
  image: WantedImage | null = null,
): Promise<number> {
  const result = await build({ ...options, progress: stderrProgress });
  if (!result.ok) {
    printProblems(result.problems);
    return 1;
  }
  const { generation, init, folder, upToDate, manifest } = result;
  const size = `${(manifest.init.size / 1e6).toFixed(1)} MB`;
  console.log(`generation ${generation} ${upToDate ? "is up to date" : "built"}: ${shown(init)} (${size})`);
  console.log(`runtime: ${manifest.runtime.source}, sha256 ${manifest.runtime.sha256}`);
  if (image !== null) {
    const record = await buildImage(result, { ...image, progress: stderrProgress });
    console.log(`${image.kind}: ${renderImage(shown(join(folder, record.path)), record)}`);
  }
  return 0;
}

/** A path as short as it can be. */
function shown(path: string): string {
  const short = relative(Deno.cwd(), path);
  return short.startsWith("..") ? path : short;
}

/** The options that describe an image. */
interface ImageWords {
  readonly image?: WantedImage["kind"];
  readonly include?: readonly string[];
  readonly file?: readonly string[];
  readonly link?: readonly string[];
  readonly modules?: readonly string[];
  readonly kernel?: string;
  readonly compress?: WantedImage["compression"];
  readonly mergedUsr?: true;
}

/** The image that the options describe; null if they name none. */
function wantedImage(words: ImageWords): WantedImage | null {
  const { image: kind, include = [], file = [], link = [], modules = [], kernel, compress, mergedUsr } =
    words;
  if (kind === undefined) {
    const [stray] = Object.entries({
      include,
      file,
      link,
      modules,
      kernel,
      compress,
      "merged-usr": mergedUsr,
    })
      .filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0));
    if (stray === undefined) return null;
    throw wrongCall(
      `cannot use --${stray[0]}: no image is wanted`,
      `say which: --image ${imageKinds.join("|")}`,
    );
  }
  if (compress !== undefined && kind !== "initramfs") {
    throw wrongCall(`cannot compress a ${kind}: it is a folder`, "leave --compress out");
  }
  if (mergedUsr && kind !== "overlay") {
    throw wrongCall(`cannot use --merged-usr: a ${kind} is always so`, "leave it out");
  }
  if (modules.length > 0 && kernel === undefined) {
    throw wrongCall(
      "cannot find kernel modules: it is not said of which kernel",
      "name its folder: --kernel DIR",
    );
  }
  const trees = file.map(fileOption);
  return {
    kind,
    programs: include.map(programOption),
    files: trees.flatMap(({ files }) => files),
    links: linkTable([...trees.flatMap(({ links }) => links), ...link.map(linkOption)]),
    modules: kernel === undefined ? undefined : modulesOption(modules.join(","), kernel),
    compression: compress ?? "zstd",
    merged: mergedUsr ?? false,
  };
}

function wrongCall(message: string, cure: string): BuildFailure {
  return new BuildFailure(message, cure, 100);
}

const collect = (word: string, before: readonly string[] = []) => [...before, word];

/** The subcommand `build`. */
export const buildCommand = new Command("build")
  .description("Checks units and compiles them into DIR/GENERATION/init; DIR/current then leads there.")
  .option("--units <file>", "a units module of your own, anywhere on disk")
  .option("--out <dir>", "the folder of generations (default: dist in this checkout)")
  .option(
    "--runtime <which>",
    "auto: DENORT_BIN, Deno's own cache and host, else the package registry; " +
      "official: never the registry; npm: only the registry; or the path of a denort",
    "auto",
  )
  .optionsGroup("Images, beside the init:")
  .addOption(
    new Option(
      "--image <kind>",
      "initramfs: a file for the kernel's initrd; rootfs: the same as a folder; " +
        "overlay: a folder that brings init and a glibc of its own into an image with another C library, such as musl",
    ).choices(imageKinds),
  )
  .option(
    "--include <program>",
    "a program of this machine, with all libraries it is linked with: a name in PATH, a path, or HOST:GUEST (repeatable)",
    collect,
  )
  .option(
    "--file <host:guest>",
    "a file of this machine, or a folder with all files in it, and its place in the image (repeatable)",
    collect,
  )
  .option("--link <path:target>", "a symbolic link in the image (repeatable)", collect)
  .option(
    "--modules <name,...>",
    "kernel modules, with all modules they depend on (repeatable)",
    collect,
  )
  .option(
    "--kernel <dir>",
    "where they are: a folder with lib/modules/RELEASE, as a kernel package unpacks to",
  )
  .addOption(new Option("--compress <how>", "how to pack an initramfs (default: zstd)").choices(compressions))
  .option("--merged-usr", "the image below an overlay has /sbin as a link into /usr (BR2_ROOTFS_MERGED_USR)")
  .addHelpText(
    "after",
    `
An image is written beside the init, with image.json, which names each file in it with its size and hash.
Of the same contents come the same bytes. What a program opens only later, by dlopen(3), add with --file.
A rootfs and an overlay have no device nodes: their kernel needs CONFIG_DEVTMPFS_MOUNT. Never strip an init:
that destroys it. Buildroot copies overlays after it has stripped.

Examples:
  deno task build
  deno task build --image initramfs --include /bin/busybox --link /bin/sh:busybox
  deno task build --image initramfs --include ip --include wg --modules virtio_net,wireguard --kernel /
  deno task build --image rootfs --file etc/hosts:/etc/hosts
  deno task build --image overlay          # then BR2_ROOTFS_OVERLAY=DIR/GENERATION/overlay
`,
  )
  .action(async ({ units, out, runtime, ...words }) =>
    Deno.exit(await exitCodeOf(async () => await runBuild({ units, out, runtime }, wantedImage(words))))
  );
