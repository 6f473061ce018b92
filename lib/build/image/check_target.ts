import { join } from "@std/path";
import type { Command } from "../../define/command.ts";
import { type Accounts, accountsIn } from "../../driver/mod.ts";
import type { Diagnostic } from "../../graph/mod.ts";
import { selfPath } from "../../kinds/script.ts";
import { DEFAULT_PATH } from "../../os/linux/mod.ts";
import type { CommandAtRest, Processes } from "../commands_at_rest.ts";
import { readDynamicSection } from "./dynamic_section.ts";
import { interpretersOf, searched } from "./program.ts";
import { lookUp } from "./root_tree.ts";
import { TargetLibraries } from "./target_libraries.ts";

/** What is there only once the system runs: nobody can tell at rest what will be in it. */
const LATER = ["/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp"];

/** Takes one thing that is missing: the setting, what cannot be done for want of what, a cure. */
type Missing = (setting: string, cause: string, cure: string) => void;

/**
 * Finds what a system needs of the image that it will run in, and does not find there: users, groups, programs, what
 * runs these and their libraries, folders and files. What is below a mount point, a directory that init makes, or /run
 * and the like is not looked for: it comes later.
 *
 * @param root The image as a folder.
 */
export function checkTarget(root: string, { commands, mountPoints }: Processes): Diagnostic[] {
  const made = commands.flatMap(({ command }) =>
    Object.values(command.directories ?? {}).map((each) => typeof each === "string" ? each : each.path)
  );
  const later = [...LATER, ...mountPoints, ...made];
  const accounts = accountsIn(join(root, "etc"));
  const libraries = new TargetLibraries(root);
  return commands.flatMap((at) => {
    const found: Diagnostic[] = [];
    const missing: Missing = (setting, cause, cure) => {
      const { service, origin } = at;
      found.push({ service, origin, setting: `${at.setting}.${setting}`, cause, cure });
    };
    checkAccounts(root, accounts, at, missing);
    checkFiles({ root, later, libraries }, at, missing);
    return found;
  });
}

function checkAccounts(root: string, accounts: Accounts, at: CommandAtRest, missing: Missing): void {
  const { user, group, groups } = at.command;
  const known = (name: string | number) => typeof name === "number" || isPlaceholder(name);
  if (user !== undefined && accounts.user(user) === null) {
    const cause = `cannot run ${at.service} as user ${user}: ${root}/etc/passwd has no such user`;
    if (typeof user === "number" && group === undefined) missing("user", cause, "name a group as well");
    else if (!known(user)) missing("user", cause, "correct the name, or add the user to the image");
  }
  for (
    const [setting, name] of [
      ["group", group] as const,
      ...(Array.isArray(groups) ? groups : []).map((each) => ["groups", each] as const),
    ]
  ) {
    if (name === undefined || known(name) || accounts.group(name as string) !== null) continue;
    const cause = `cannot run ${at.service} with group ${name}: ${root}/etc/group has no such group`;
    missing(setting, cause, "correct the name, or add the group to the image");
  }
}

/** An image, and what is known of it. */
interface Target {
  readonly root: string;
  /** Where nobody can tell yet what will be there. */
  readonly later: readonly string[];
  readonly libraries: TargetLibraries;
}

function checkFiles({ root, later, libraries }: Target, at: CommandAtRest, missing: Missing): void {
  const { command, service } = at;
  const isLater = (path: string) =>
    isPlaceholder(path) || later.some((folder) => `${path}/`.startsWith(`${folder}/`));
  const own = command.root ?? "";
  const seek = (setting: string, path: string, verb: string, within = own) => {
    if (isLater(within + path) || lookUp(join(root, within), path) !== null) return;
    const cause = `cannot ${verb} ${path} for ${service}: there is none in ${join(root, within)}`;
    missing(setting, cause, "correct the path, or add it to the image");
  };
  if (command.root !== undefined) {
    if (isLater(own)) return;
    seek("root", own, "have the root", "");
    if (lookUp(root, own) === null) return;
  }
  if (command.cwd !== undefined) seek("cwd", command.cwd, "start in");
  for (const setting of ["readOnlyPaths", "hiddenPaths"] as const) {
    const paths = command[setting];
    for (const path of Array.isArray(paths) ? paths : []) seek(setting, path, "mount over");
  }
  for (const file of Array.isArray(command.envFiles) ? command.envFiles : []) {
    if (typeof file === "string") seek("envFiles", file, "read", "");
    else if (file.optional !== true) seek("envFiles", file.path, "read", "");
  }
  for (const [name, secret] of Object.entries(command.secrets ?? {})) {
    seek(`secrets.${name}`, typeof secret === "string" ? secret : secret.path, "read", "");
  }
  if (command.argv[0] === selfPath) return;
  const why = checkProgram({
    root: join(root, own),
    isLater: (path) => isLater(path) || isLater(own + path),
    libraries,
  }, command);
  if (why === null) return;
  missing(
    "argv",
    `cannot start ${command.argv[0]} for ${service}: ${why}`,
    "correct the path, or add it to the image",
  );
}

/** Why a program cannot be started in a root; null if it can, or nobody can tell yet. */
function checkProgram(
  { root, isLater, libraries }: Omit<Target, "later"> & { readonly isLater: (path: string) => boolean },
  command: Command,
): string | null {
  const { argv: [program], env: { PATH = DEFAULT_PATH } = {}, cwd = "/" } = command;
  if (isPlaceholder(program) || isPlaceholder(PATH)) return null;
  const places = program.includes("/") ? [program] : PATH.split(":").map((folder) => `${folder}/${program}`);
  const absolute = places.map((place) => place.startsWith("/") ? place : `${cwd}/${place}`);
  if (absolute.some(isLater)) return null;
  const faults = absolute.map((place) => faultOf(root, place, libraries));
  if (faults.includes(null)) return null;
  // What is there but does not work tells more than all the places where nothing is.
  const there = faults.find((fault) => fault !== nothing);
  if (there !== undefined) return there;
  return program.includes("/") ? `there is none in ${root}` : `there is none in ${PATH} of ${root}`;
}

const nothing = "nothing";

/** What keeps a file from being started: {@linkcode nothing} if there is none; null if nothing does. */
function faultOf(root: string, path: string, libraries: TargetLibraries): string | null {
  const found = lookUp(root, path);
  if (found === null) return nothing;
  const { host, status } = found;
  if (!status.isFile) return `${path} is no file`;
  if (((status.mode ?? 0) & 0o111) === 0) return `${path} has no permission to be executed`;
  const runs = (interpreter: string) => {
    const places = interpreter.startsWith("/")
      ? [interpreter]
      : searched.map((folder) => `${folder}/${interpreter}`);
    return places.some((place) => lookUp(root, place) !== null);
  };
  const needed = runnersOf(host);
  if (typeof needed === "string") return `${path}: ${needed}`;
  const absent = needed.find((interpreter) => !runs(interpreter));
  if (absent !== undefined) return `${absent}, which runs it, is not in ${root}`;
  const library = libraries.missing(host);
  return library === null ? null : `it needs ${library}, which is nowhere in ${root}`;
}

/** What a program is started by: its loader, or what its first line names; or why it is no program. */
function runnersOf(host: string): readonly string[] | string {
  try {
    const section = readDynamicSection(host);
    if (section !== null) return section.interpreter === null ? [] : [section.interpreter];
    return interpretersOf(host) ?? "it is neither an ELF file for x86-64 nor a script";
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^.*?: /, "") : String(error);
  }
}

/** Whether a text has a part that is not known at rest: `<web.path>`. */
function isPlaceholder(text: string): boolean {
  return /<[^<>]+>/.test(text);
}
