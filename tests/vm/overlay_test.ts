/** The overlay in what it is made for: a disk that another build system has filled, with another C library. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { readDynamicSection } from "../../lib/build/image/dynamic_section.ts";
import { Assembly } from "../../lib/build/image/assembly.ts";
import { overlayEntries, writeInitramfs, writeTree } from "../../lib/build/image/mod.ts";
import { build, silentProgress } from "../../lib/build/mod.ts";
import { wasUnmounted } from "./disk.ts";
import { findProgram } from "./guest.ts";
import { hostCommand } from "./host_command.ts";
import { type Kernel, kernel } from "./kernel.ts";
import { statusOf } from "./status.ts";
import { VirtualMachine } from "./virtual_machine.ts";

const sources = fromFileUrl(new URL("guest/musl", import.meta.url));
const LOADER = "/lib/ld-musl-x86_64.so.1";
/** Where the overlay puts glibc, for nobody but init. */
const PRIVATE = "/usr/lib/denit/";
/** What init loads once it runs; the driver of the disk is loaded before. */
const DRIVERS = ["virtio_pci", "virtio_console", "virtio_blk", "virtio_net", "virtio_rng"];

/** Compiles a program of `guest/musl`. */
async function compile(name: string, output: string, ...flags: readonly string[]): Promise<void> {
  const source = join(sources, `${name}.c`);
  await hostCommand(["musl-gcc", "-O2", "-Wall", "-Werror", ...flags, "-o", output, source]);
}

/** The image of somebody else: what a build system that knows nothing of Denit leaves in its target folder. */
async function makeTarget(root: string): Promise<void> {
  for (
    const path of ["bin", "dev", "etc", "lib", "proc", "root", "run", "sbin", "sys", "tmp", "usr", "var"]
  ) {
    await Deno.mkdir(join(root, path), { recursive: true });
  }
  // musl is its own loader; on the host this name may be a link.
  await Deno.copyFile(await Deno.realPath(LOADER), join(root, LOADER));
  for (const program of ["show", "agent"]) await compile(program, join(root, "bin", program));
  await Deno.writeTextFile(join(root, "etc/hosts"), "127.0.0.1 localhost somewhere\n");
}

/** The system that loads the disk's driver, where a kernel has that built in there is none. */
async function writeStage({ release, modulesRoot }: Kernel, folder: string, initrd: string): Promise<void> {
  const program = join(folder, "stage");
  await compile("stage", program, "-static");
  const shown = await hostCommand([
    ...["modprobe", "-d", modulesRoot, "-S", release, "--show-depends"] as const,
    ...["-a", "virtio_pci", "virtio_blk"],
  ]);
  const modules = [...new Set([...shown.matchAll(/^insmod (\S+)/gm)].map(([, path = ""]) => path))];
  const image = new Assembly(false);
  image.device("/dev/console", 0o600, 5, 1);
  const places = modules.map((path, at) => ({ path: `/${at}.ko`, content: path }));
  const list = new TextEncoder().encode(places.map(({ path }) => `${path}\n`).join(""));
  await image.file({ path: "/init", content: program, mode: 0o755, part: "files" });
  await image.file({ path: "/modules", content: list, mode: 0o644, part: "files", source: "the test" });
  for (const place of places) await image.file({ ...place, mode: 0o644, part: "modules" });
  await writeInitramfs(image.entries(), initrd, "none");
}

/** What is wrong with the programs in a root, if each is to be of musl, or to need no C library. */
async function foreigners(root: string): Promise<readonly string[]> {
  const faults: string[] = [];
  const listing = await hostCommand(["find", root, "-type", "f", "-printf", "/%P\\n"]);
  for (const path of listing.trim().split("\n")) {
    if (path === "/sbin/init" || path.startsWith(PRIVATE)) continue;
    const section = readDynamicSection(join(root, path));
    if (section === null) continue;
    const { interpreter, needed } = section;
    if (interpreter !== null && interpreter !== LOADER) faults.push(`${path} is started by ${interpreter}`);
    if (needed.some((library) => library !== "libc.so")) faults.push(`${path} needs ${needed}`);
    // A static program has the library's own name for itself in it; a dynamic one, the versions of what it asks for.
    const bytes = await Deno.readFile(join(root, path));
    if (/GLIBC_\d|GNU C Library/.test(new TextDecoder("latin1").decode(bytes))) {
      faults.push(`${path} has glibc`);
    }
  }
  return faults;
}

Deno.test({
  name: "the overlay boots from a disk whose every other program is linked against musl",
  ignore: await findProgram("musl-gcc").then(() => false, () => true),
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "denit-overlay-" });
    try {
      const found = await kernel();
      const units = fromFileUrl(new URL("guest/musl.ts", import.meta.url));
      const built = await build({ units, out: join(folder, "dist"), progress: silentProgress });
      assert(built.ok, built.ok ? "" : built.problems.join("\n"));
      const root = join(folder, "root"), overlay = join(folder, "overlay");
      const initrd = join(folder, "initrd"), disk = join(folder, "disk");
      await Deno.mkdir(root);
      await makeTarget(root);
      await Deno.mkdir(overlay);
      const modules = { root: found.modulesRoot, release: found.release, names: DRIVERS };
      await writeTree(await overlayEntries({ init: built.init, modules }), overlay);
      // As Buildroot does with BR2_ROOTFS_OVERLAY.
      await hostCommand(["cp", "-a", `${overlay}/.`, root]);
      await hostCommand(["mkfs.ext4", "-q", "-E", "root_owner=0:0", "-d", root, disk, "256M"]);
      await writeStage(found, folder, initrd);

      // What counts is what is on the disk, not what went there.
      const image = join(folder, "image");
      await Deno.mkdir(image);
      await hostCommand(["debugfs", "-R", `rdump / ${image}`, disk]);
      assertEquals(await foreigners(image), []);
      for (const path of ["/bin/show", "/bin/agent"]) {
        assertEquals(readDynamicSection(join(image, path))?.interpreter, LOADER);
      }
      // The proof can fail: it sees a program of the host.
      await hostCommand(["cp", "/bin/true", join(image, "bin/true")]);
      assertEquals((await foreigners(image)).length > 0, true);

      await using machine = await VirtualMachine.start({ kernel: found, initrd, disks: [disk] });
      await machine.line(/^\[ *[\d.]+\] booted in [\d.]+ s$/m);
      const status = statusOf(JSON.parse(await machine.output("/sbin/initctl status --json")));
      assertEquals([status.generation, status.pid, status.boot.state], [built.generation, 1, "ok"]);
      assertEquals(
        status.services.map(({ name, phase }) => `${name} ${phase}`).sort(),
        ["agent", "devices", "first", "last", "lo", "name", "resolve"].map((name) => `${name} up`),
      );
      const outputs = Object.fromEntries(status.services.map(({ name, output }) => [name, output]));
      assertEquals(outputs.last, { libc: "musl" });
      assertEquals(outputs.resolve, { program: "/sbin/init", libraries: [], hostname: "127.0.0.1" });
      for (const name of ["first", "last"]) {
        const log = await machine.output(`/sbin/initctl logs ${name}`);
        assertStringIncludes(log, LOADER);
        assertEquals(log.split("\n").filter((line) => /env LD_|denit|glibc|libc\.so\.6/.test(line)), []);
      }
      assertEquals((await machine.run("/sbin/initctl restart last")).code, 0);
      assertMatch((await machine.run("/bin/none")).stderr, /No such file/);

      await machine.tell("/sbin/initctl poweroff");
      assertEquals(await machine.ended(), "guest-shutdown");
      assertMatch(machine.console, /everything is down\n[^]*reboot: Power down/);
      assert(await wasUnmounted(disk), "the root took writes until the power was off");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
