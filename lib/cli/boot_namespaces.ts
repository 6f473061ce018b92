/** How a process gets into namespaces of its own. */
export interface Entry {
  /** Whether in a user namespace, so without root. */
  readonly user: boolean;
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
export function enterCommand({ user }: Entry, argv: readonly string[]): [string, ...string[]] {
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
export function besideCommand({ user }: Entry, pid: number, argv: readonly string[]): [string, ...string[]] {
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
    plain = await attempt(enterCommand({ user: false, text: "" }, ["true"]));
    if (plain === "") return { user: false, text: "namespaces PID, mount, UTS, IPC and network, as root" };
  }
  const user = await attempt(enterCommand({ user: true, text: "" }, ["true"]));
  if (user === "") {
    return { user: true, text: "namespaces user, PID, mount, UTS, IPC and network, without root" };
  }
  throw refusal(plain === "" ? user : `as root ${plain}; in a user namespace ${user}`);
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

/** Settings that forbid user namespaces, and the value that allows them: Debian's, everybody's, Ubuntu's. */
const SYSCTLS = [
  { name: "kernel.unprivileged_userns_clone", forbids: (value: number) => value === 0, allow: 1 },
  { name: "user.max_user_namespaces", forbids: (value: number) => value === 0, allow: 10000 },
  { name: "kernel.apparmor_restrict_unprivileged_userns", forbids: (value: number) => value !== 0, allow: 0 },
] as const;

function refusal(reason: string): NoNamespaces {
  const cures = SYSCTLS.filter(({ name, forbids }) => {
    const value = readSysctl(name);
    return value !== null && forbids(value);
  }).map(({ name, allow }) => `sudo sysctl -w ${name}=${allow}`);
  const cure = cures.length > 0
    ? `allow user namespaces (${cures.join(" && ")}), or run this as root`
    : `run this as root; inside a container, start that with --privileged, as its default rules forbid namespaces. ` +
      `The kernel's settings are not to blame: ${
        SYSCTLS.map(({ name }) => name).join(", ")
      } allow it or are absent`;
  return new NoNamespaces(`cannot enter namespaces: ${reason}`, cure);
}

function readSysctl(name: string): number | null {
  try {
    return Number(Deno.readTextFileSync(`/proc/sys/${name.replaceAll(".", "/")}`));
  } catch {
    return null;
  }
}
