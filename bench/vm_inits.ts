import { join } from "@std/path";
import type { ImageFile } from "../lib/build/image/mod.ts";
import { hostCommand } from "../lib/build/mod.ts";

/** What a machine needs to boot with another init. */
export interface VmInit {
  readonly name: string;
  /** What becomes process 1. */
  readonly argv: readonly [string, ...string[]];
  /** Programs of this machine, with all libraries. */
  readonly programs: readonly string[];
  readonly files: readonly ImageFile[];
  readonly links: Readonly<Record<string, string>>;
}

/** The service that all of them start, and the file of times that it is told. */
const SERVICE = "/bin/service", TIMES = "/times";

/** An init that may be missing here, and what has it in Debian. */
interface Candidate {
  readonly packageName: string;
  readonly make: (names: readonly string[], folder: string) => VmInit | Promise<VmInit>;
}

/** Those that can be had here, and for each that cannot, a note. */
export async function vmInits(
  services: number,
  folder: string,
): Promise<{ readonly present: readonly VmInit[]; readonly missing: readonly string[] }> {
  const names = Array.from({ length: services }, (_, at) => `s${at + 1}`);
  const present: VmInit[] = [];
  const missing: string[] = [];
  for (const { packageName, make } of candidates) {
    try {
      const init = await make(names, folder);
      for (const path of init.programs) await Deno.stat(path);
      present.push(init);
    } catch (error) {
      const gone = error instanceof Deno.errors.NotFound;
      const reason = gone ? "it is not here" : error instanceof Error ? error.message : String(error);
      missing.push(`not measured: ${reason}; Debian has it in ${packageName}`);
    }
  }
  return { present, missing };
}

function text(path: string, content: string, mode = 0o644): ImageFile {
  return { path, content: new TextEncoder().encode(content), mode };
}

/** A folder of service folders. The programs run in them, and find the file of times there by its usual name. */
function scanned(folder: string, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.flatMap((name) => [
    [`${folder}/${name}/run`, SERVICE],
    [`${folder}/${name}/times`, TIMES],
  ]));
}

/** The program, under a name for each service. */
function named(names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [`/bin/${name}`, SERVICE]));
}

/** It passes the name of the service to `run`, which takes that for the file of times. */
function s6(names: readonly string[]): VmInit {
  return {
    name: "s6 (s6-svscan)",
    argv: ["/usr/bin/s6-svscan", "/scan"],
    programs: ["/usr/bin/s6-svscan", "/usr/bin/s6-supervise"],
    files: names.map((name) => text(`/scan/${name}/notification-fd`, "3\n")),
    links: {
      ...scanned("/scan", names),
      ...Object.fromEntries(names.map((name) => [`/scan/${name}/${name}`, TIMES])),
    },
  };
}

function runit(names: readonly string[]): VmInit {
  return {
    name: "runit",
    argv: ["/usr/sbin/runit"],
    programs: ["/usr/sbin/runit", "/usr/bin/runsvdir", "/usr/bin/runsv"],
    files: [
      text("/etc/runit/1", "#!/bin/busybox sh\nexit 0\n", 0o755),
      text("/etc/runit/2", "#!/bin/busybox sh\nexec /usr/bin/runsvdir /service\n", 0o755),
      text("/etc/runit/3", "#!/bin/busybox sh\nexit 0\n", 0o755),
    ],
    links: scanned("/service", names),
  };
}

/** It takes lines with the same command for one: each service has a name of its own. */
function busybox(names: readonly string[]): VmInit {
  return {
    name: "busybox init",
    argv: ["/bin/busybox", "init"],
    programs: ["/bin/busybox"],
    files: [text(
      "/etc/inittab",
      names.map((name) =>
        `::respawn:/bin/${name} ${TIMES}
`
      ).join(""),
    )],
    links: named(names),
  };
}

/** Without its journal, udev, generators and the units that every system has: PID 1 and the services alone. */
function systemd(names: readonly string[]): VmInit {
  const units = "/etc/systemd/system";
  const service =
    `[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=${SERVICE} ${TIMES}\nStandardOutput=null\nStandardError=null\n`;
  const wanted = names.map((name) => `${name}.service`).join(" ");
  return {
    name: "systemd, PID 1 alone",
    argv: ["/usr/lib/systemd/systemd"],
    programs: ["/usr/lib/systemd/systemd"],
    files: [
      text("/etc/machine-id", "0123456789abcdef0123456789abcdef\n"),
      text(`${units}/default.target`, `[Unit]\nDefaultDependencies=no\nWants=${wanted}\n`),
      ...names.map((name) => text(`${units}/${name}.service`, service)),
    ],
    links: {},
  };
}

/** Not installed, as it would take the place of this machine's own init if it were installed. */
async function finit(names: readonly string[], folder: string): Promise<VmInit> {
  const root = await unpacked(["finit", "libite5", "libuev3"], folder);
  const libraries = "usr/lib/x86_64-linux-gnu";
  const file = (path: string, host: string): ImageFile => ({ path, content: host, mode: 0o755 });
  return {
    name: "finit",
    argv: ["/sbin/finit"],
    programs: [],
    files: [
      file("/sbin/finit", join(root, "sbin/finit")),
      file("/lib/x86_64-linux-gnu/libuev.so.3", join(root, libraries, "libuev.so.3.0.0")),
      file("/lib/x86_64-linux-gnu/libite.so.5", join(root, libraries, "libite.so.5.3.1")),
      file("/lib/x86_64-linux-gnu/libcrypt.so.1", "/lib/x86_64-linux-gnu/libcrypt.so.1"),
      text("/etc/finit.conf", names.map((name) => `service /bin/${name} ${TIMES} -- ${name}\n`).join("")),
    ],
    links: named(names),
  };
}

/** The files of packages of Debian, downloaded and not installed. */
async function unpacked(names: readonly string[], folder: string): Promise<string> {
  const cwd = join(folder, "packages"), root = join(cwd, "root");
  await Deno.mkdir(cwd, { recursive: true });
  const sandbox = Deno.uid() === 0 ? ["-o", "APT::Sandbox::User=root"] : [];
  await hostCommand(["apt-get", "-qq", ...sandbox, "download", ...names], { cwd });
  for (const { name } of Deno.readDirSync(cwd)) {
    if (name.endsWith(".deb")) await hostCommand(["dpkg", "-x", join(cwd, name), root]);
  }
  return root;
}

const candidates: readonly Candidate[] = [
  { packageName: "busybox-static", make: busybox },
  { packageName: "s6", make: s6 },
  { packageName: "runit", make: runit },
  { packageName: "finit", make: finit },
  { packageName: "systemd", make: systemd },
];
