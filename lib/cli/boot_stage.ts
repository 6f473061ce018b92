/**
 * The last step before a boot in namespaces: this program is started as PID 1
 * of the new namespaces, makes the root, and becomes the init.
 *
 * It speaks JSON lines on fd 3: `{"entered": PID}` with its pid outside, then
 * `{"note": TEXT}` where something could not be had, `{"starting": true}` before
 * it executes init, and `{"failed": TEXT}` if there is no way on. The end of
 * the stream after `starting` without `failed` means that init has taken over. On fd 4 it is told, in one line, the pid of the neighbour.
 */
import {
  DEFAULT_PATH,
  execve,
  loopbackUp,
  mount,
  MS_BIND,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_RDONLY,
  MS_REC,
  MS_REMOUNT,
  setCloseOnExec,
  setHostname,
  writeAll,
} from "../os/linux/mod.ts";
import { Root } from "./boot_root.ts";
import { messageOf } from "../define/message_of.ts";

/** A file, in two parts: the whole folder is shown inside. */
export interface FileIn {
  /** An absolute path on the host, without links. */
  readonly folder: string;
  readonly name: string;
}

/** What {@linkcode stage} is told, as JSON in its only argument. */
export interface StageOrder {
  /** The init to become. */
  readonly init: FileIn;
  readonly args: readonly string[];
  /** The folder of stand-ins, and the Deno that runs them, or null for none. */
  readonly standIns: { readonly folder: string; readonly deno: FileIn } | null;
  /** Whether we are in a user namespace. */
  readonly confined: boolean;
  readonly overlay: boolean;
  readonly term: string;
}

const REPORT = 3, ANSWER = 4;
/** Folders of the root that are never the host's. */
const OWN = new Set(["/proc", "/sys", "/dev", "/run", "/persist", "/lost+found"]);
/** Places to put the scratch folder at: what is there is not seen inside, so it is one that is not laid anyway. */
const SCRATCH = "/run";
const STAND_INS = "/usr/lib/stand-ins", IMAGE = "/usr/lib/denit/image";

/** One line of the report. */
export interface StageReport {
  readonly entered?: number;
  readonly note?: string;
  readonly failed?: string;
  readonly starting?: true;
}

function report(message: StageReport): void {
  writeAll(REPORT, new TextEncoder().encode(JSON.stringify(message) + "\n"));
}

/** Makes the root and becomes init. */
export function stage(order: StageOrder): never {
  for (const fd of [REPORT, ANSWER]) setCloseOnExec(fd, true);
  // This still is the host's /proc, so that the link gives our pid there.
  report({ entered: Number(Deno.readLinkSync("/proc/self")) });
  const neighbour = readAnswer();
  mount("scratch", SCRATCH, "tmpfs", MS_NODEV, "mode=0755");
  const root = new Root({
    scratch: SCRATCH,
    layer: makeLayer(order),
    confined: order.confined,
    overlay: order.overlay,
    note: (note) => report({ note }),
  });
  root.layHost(OWN);
  root.lay(order.init.folder, IMAGE);
  if (order.standIns !== null) {
    root.lay(order.standIns.folder, `${STAND_INS}/programs`);
    root.lay(order.standIns.deno.folder, `${STAND_INS}/runtime`);
  }
  root.make("/persist");
  root.make("/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755");
  root.make("/run/denit");
  root.make("/run/lock");
  if (neighbour !== null) root.show(`/proc/${neighbour}/ns/net`, "/run/neighbour");
  makeDevices(root);
  if (order.standIns !== null) copyTree(`${order.standIns.folder}/root/dev`, `${root.path}/dev`);
  showKernel(root, order.confined);
  Deno.symlinkSync(`${IMAGE}/${order.init.name}`, `${root.path}/init`);
  root.enter();
  setHostname("denit");
  loopbackUp();
  const env = {
    PATH: DEFAULT_PATH,
    HOME: "/",
    TERM: order.term,
  };
  report({ starting: true });
  return execve("/init", ["/init", ...order.args], env);
}

function readAnswer(): number | null {
  // Opened anew, as the end that we inherited does not wait.
  using answer = Deno.openSync(`/proc/self/fd/${ANSWER}`);
  const buffer = new Uint8Array(64);
  const count = answer.readSync(buffer) ?? 0;
  return JSON.parse(new TextDecoder().decode(buffer.subarray(0, count)));
}

/**
 * The folder that is laid over the host's root. It is a copy, so that all in it is ours: what belongs to somebody who
 * has no id in here can be written to by nobody.
 */
function makeLayer({ standIns }: StageOrder): string {
  const layer = `${SCRATCH}/layer`;
  Deno.mkdirSync(layer + IMAGE, { recursive: true });
  if (standIns === null) return layer;
  copyTree(`${standIns.folder}/root`, layer);
  for (const name of ["programs", "runtime"]) {
    Deno.mkdirSync(`${layer}${STAND_INS}/${name}`, { recursive: true });
  }
  Deno.symlinkSync(`runtime/${standIns.deno.name}`, `${layer}${STAND_INS}/deno`);
  return layer;
}

function copyTree(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) copyTree(`${from}/${name}`, `${to}/${name}`);
    else Deno.copyFileSync(`${from}/${name}`, `${to}/${name}`);
  }
}

/** A /dev without the host's disks and memory. */
function makeDevices(root: Root): void {
  root.make("/dev", "tmpfs", MS_NOSUID, "mode=0755");
  for (const name of ["null", "zero", "full", "random", "urandom", "tty"]) {
    root.show(`/dev/${name}`, `/dev/${name}`);
  }
  root.make("/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620");
  root.make("/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
  const links = {
    ptmx: "pts/ptmx",
    fd: "/proc/self/fd",
    stdin: "/proc/self/fd/0",
    stdout: "/proc/self/fd/1",
    stderr: "/proc/self/fd/2",
  };
  for (const [name, target] of Object.entries(links)) Deno.symlinkSync(target, `${root.path}/dev/${name}`);
}

/** /proc and /sys of the new namespaces, without the switches that would reach the whole machine. */
function showKernel(root: Root, confined: boolean): void {
  const hardened = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  for (
    const [path, type, flags] of [["/proc", "proc", hardened], [
      "/sys",
      "sysfs",
      hardened | MS_RDONLY,
    ]] as const
  ) {
    try {
      root.make(path, type, flags);
    } catch (error) {
      // Containers hide parts of them, and a kernel then refuses a fresh one that would show those parts.
      if (!confined) throw error;
      root.show(path, path);
      report({ note: `${path} is the host's: ${messageOf(error)}` });
    }
  }
  // A user namespace has no power over these anyway.
  if (confined) return;
  const net = `${root.path}/proc/sys/net`;
  mount(net, net, "", MS_BIND | MS_REC);
  for (
    const path of ["/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/acpi", "/proc/scsi"]
  ) {
    const there = root.path + path;
    try {
      mount(there, there, "", MS_BIND | MS_REC);
      mount("", there, "", MS_REMOUNT | MS_BIND | MS_RDONLY | hardened);
    } catch (error) {
      if (!String(error).includes("ENOENT")) throw error;
    }
  }
}

if (import.meta.main) {
  try {
    stage(JSON.parse(Deno.args[0] ?? ""));
  } catch (error) {
    report({ failed: messageOf(error) });
    Deno.exit(111);
  }
}
