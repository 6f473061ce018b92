/** How a process gets into namespaces of its own. */
export interface Entry {
  /** Whether by a user namespace, so without root. */
  readonly user: boolean;
  /** Whether root inside is not the machine's root: by that user namespace, or as we are in one already. */
  readonly confined: boolean;
  /** For people. */
  readonly text: string;
}

/** Why there is no way into namespaces, and what to do. */
export class NoNamespaces extends Error {
  override readonly name = "NoNamespaces";
  constructor(message: string, readonly cure: string) {
    super(message);
  }
}

const PLAIN = ["--pid", "--fork", "--kill-child", "--mount", "--uts", "--ipc", "--net"];
const USER = ["--user", "--map-root-user", ...PLAIN];

/**
 * The privileges that would let root inside do harm outside, as no namespace holds them: the clock, kernel modules,
 * raw input and output, and device files of the host's disks.
 */
const WITHOUT = "-mknod,-sys_module,-sys_rawio,-sys_time";

/** A command that runs `argv` and dies with the process that starts it. */
export function tied(argv: readonly string[]): [string, ...string[]] {
  return ["setpriv", "--pdeathsig", "KILL", "--", ...argv];
}

/** The command that runs `argv` as PID 1 of new namespaces, all of which end with the process that starts it. */
export function enterCommand({ user }: Pick<Entry, "user">, argv: readonly string[]): [string, ...string[]] {
  if (user) return tied(["unshare", ...USER, "--", ...argv]);
  return [
    "setpriv",
    `--bounding-set=${WITHOUT}`,
    "--pdeathsig",
    "KILL",
    "--",
    "unshare",
    ...PLAIN,
    "--",
    ...argv,
  ];
}

/** The command that runs `argv` beside process `pid`: on a network of its own, with the same users. */
export function besideCommand(
  { user }: Pick<Entry, "user">,
  pid: number,
  argv: readonly string[],
): [string, ...string[]] {
  const inside = tied(["unshare", "--net", "--", ...argv]);
  return user
    ? ["nsenter", "--target", String(pid), "--user", "--preserve-credentials", "--", ...inside]
    : inside;
}

/**
 * Finds out how this user can get into new namespaces, by trying.
 *
 * @throws {NoNamespaces} If there is no way; it names the settings of the kernel that forbid it.
 */
export async function findEntry(): Promise<Entry> {
  let plain = "";
  if (Deno.uid() === 0) {
    plain = await attempt(enterCommand({ user: false }, ["true"]));
    if (plain === "") {
      const text = "namespaces PID, mount, UTS, IPC and network, as root";
      return { user: false, confined: inUserNamespace(), text };
    }
  }
  const user = await attempt(enterCommand({ user: true }, ["true"]));
  if (user === "") {
    const text = "namespaces user, PID, mount, UTS, IPC and network, without root";
    return { user: true, confined: true, text };
  }
  throw refusal(plain === "" ? user : `as root ${plain}; in a user namespace ${user}`);
}

/** Whether this is not the first user namespace, in which every id is itself: user_namespaces(7). */
function inUserNamespace(): boolean {
  return !/^\s*0\s+0\s+4294967295\s*$/.test(Deno.readTextFileSync("/proc/self/uid_map"));
}

async function attempt([program, ...args]: [string, ...string[]]): Promise<string> {
  try {
    const run = new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "piped" });
    const { success, stderr } = await run.output();
    return success
      ? ""
      : new TextDecoder().decode(stderr).trim().split("\n")[0] || "it failed without a word";
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new NoNamespaces(
      `cannot enter namespaces: there is no ${program} in PATH`,
      "install util-linux 2.33 or newer",
    );
  }
}

/** A setting of the kernel that can forbid namespaces. */
interface Sysctl {
  readonly name: string;
  readonly forbids: (value: number) => boolean;
  /** A value that allows them. */
  readonly allow: number;
}

/** Debian's, Ubuntu's, and the kernel's own limits. */
const SYSCTLS: readonly Sysctl[] = [
  { name: "kernel.unprivileged_userns_clone", forbids: (value) => value === 0, allow: 1 },
  { name: "kernel.apparmor_restrict_unprivileged_userns", forbids: (value) => value !== 0, allow: 0 },
  ...["user", "pid", "mnt", "uts", "ipc", "net"].map((kind): Sysctl => {
    return { name: `user.max_${kind}_namespaces`, forbids: (value) => value === 0, allow: 10000 };
  }),
];

function refusal(reason: string): NoNamespaces {
  return new NoNamespaces(`cannot enter namespaces: ${reason}`, cureOf(readSysctl));
}

/**
 * What to do where no namespaces can be had.
 *
 * @param read The value of a setting, or null where this kernel has none of that name.
 */
export function cureOf(read: (name: string) => number | null): string {
  const cures = SYSCTLS.filter(({ name, forbids }) => {
    const value = read(name);
    return value !== null && forbids(value);
  }).map(({ name, allow }) => `sudo sysctl -w ${name}=${allow}`);
  if (cures.length > 0) return `allow them (${cures.join(" && ")}), or run this as root`;
  const names = SYSCTLS.slice(0, 3).map(({ name }) => name).join(", ");
  return "run this as root; inside a container, start that with --privileged, as its default rules forbid " +
    `namespaces. The kernel's settings (${names}) are absent or allow them`;
}

function readSysctl(name: string): number | null {
  try {
    return Number(Deno.readTextFileSync(`/proc/sys/${name.replaceAll(".", "/")}`));
  } catch {
    return null;
  }
}
