import type { Attributes, LimitValue } from "../define/attributes.ts";
import type { Command } from "../define/command.ts";
import { SECUREBITS } from "../define/kernel_names.ts";
import { bytesOf } from "../define/size.ts";
import type { Limit, ProcessMount, SpawnAttributes } from "../os/attributes.ts";
import type { Account, Accounts } from "./accounts.ts";

/** Somebody that a command names is not there. */
export class NoAccount extends Error {
  readonly stage: "user" | "group";

  constructor(stage: "user" | "group", message: string) {
    super(message);
    this.stage = stage;
  }
}

/** From <sys/mount.h>. */
const MS_NOSUID = 2, MS_NODEV = 4;

/** Users are asked for by names in units, and by numbers of the kernel. */
interface Identity {
  readonly attributes: Pick<SpawnAttributes, "uid" | "gid" | "groups">;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * What a command says of its process, as the kernel takes it.
 *
 * @param accounts Null where nobody has a name: a virtual kernel has no users.
 * @returns The attributes, undefined if there are none, and what the user has in its environment.
 * @throws {NoAccount} If somebody that it names is not there.
 */
export function attributesOf(
  command: Command,
  accounts: Accounts | null,
): { attributes: SpawnAttributes | undefined; env: Identity["env"] } {
  const { umask, limits, nice, oomScore, noNewPrivileges, capabilities, root, ioPriority, scheduler, cpus } =
    command;
  const { attributes: who, env } = accounts === null ? nobody : identify(command, accounts);
  const mounts = mountsOf(command);
  const all: { -readonly [Name in keyof SpawnAttributes]: SpawnAttributes[Name] | undefined } = {
    ...who,
    umask,
    limits: limits === undefined ? undefined : limitsOf(limits),
    nice,
    oomScoreAdj: oomScore,
    noNewPrivileges,
    capabilities: capabilities === undefined ? undefined : {
      ...capabilities.keep === undefined ? {} : { bounding: capabilities.keep },
      ...capabilities.ambient === undefined ? {} : { ambient: capabilities.ambient },
    },
    securebits: command.securebits?.reduce((bits, name) => bits | 1 << SECUREBITS.indexOf(name), 0),
    root,
    ioPriority,
    scheduler,
    affinity: cpus,
    namespaces: command.namespaces,
    mounts: mounts.length === 0 ? undefined : mounts,
  };
  const named = Object.entries(all).filter(([, value]) => value !== undefined);
  return { attributes: named.length === 0 ? undefined : Object.fromEntries(named), env };
}

const nobody: Identity = { attributes: {}, env: {} };

function identify({ user, group, groups }: Attributes, accounts: Accounts): Identity {
  if (user === undefined && group === undefined && groups === undefined) return nobody;
  const account = user === undefined ? null : accounts.user(user);
  if (account === null && user !== undefined && (typeof user === "string" || group === undefined)) {
    const cure = typeof user === "number" ? "; a number that /etc/passwd does not know needs a group" : "";
    throw new NoAccount("user", `there is no user ${user}${cure}`);
  }
  const uid = typeof user === "number" ? user : account?.uid;
  const gid = group === undefined ? account?.gid : numberOf(group, accounts);
  const others = groups?.map((name) => numberOf(name, accounts)) ??
    (account === null ? [] : accounts.groupsOf(account.name));
  const attributes = {
    ...uid === undefined ? {} : { uid },
    ...gid === undefined ? {} : { gid },
    groups: [...new Set(others)],
  };
  return { attributes, env: account === null ? {} : environmentOf(account) };
}

/** The numbers of a user and a group. @throws {NoAccount} If one of them is not there. */
export function ownersOf(
  { user, group }: Pick<Attributes, "user" | "group">,
  accounts: Accounts | null,
): { readonly uid: number | null; readonly gid: number | null } {
  const { uid = null, gid = null } = accounts === null
    ? {}
    : identify({ ...user === undefined ? {} : { user }, ...group === undefined ? {} : { group } }, accounts)
      .attributes;
  return { uid, gid };
}

function numberOf(group: string | number, accounts: Accounts): number {
  const gid = typeof group === "number" ? group : accounts.group(group);
  if (gid === null) throw new NoAccount("group", `there is no group ${group}`);
  return gid;
}

function environmentOf({ name, home, shell }: Account): Record<string, string> {
  return { USER: name, LOGNAME: name, HOME: home, SHELL: shell };
}

function limitsOf(limits: NonNullable<Attributes["limits"]>): Record<string, Limit> {
  const number = (value: LimitValue) => value === "unlimited" ? value : bytesOf(value);
  return Object.fromEntries(
    Object.entries(limits).flatMap(([name, value]) => {
      if (value === undefined) return [];
      const { soft, hard } = typeof value === "object" ? value : { soft: value, hard: value };
      return [[name, { soft: number(soft), hard: number(hard) }]];
    }),
  );
}

function mountsOf({ privateTmp, readOnlyPaths = [], hiddenPaths = [] }: Attributes): ProcessMount[] {
  const flags = MS_NOSUID | MS_NODEV;
  const own = (at: string) => ({ type: "tmpfs", at, flags, options: "mode=1777" });
  return [
    ...readOnlyPaths.map((path) => ({ bind: path, at: path, readOnly: true })),
    ...hiddenPaths.map((path) => ({ hide: path })),
    ...privateTmp === true ? [own("/tmp"), own("/var/tmp")] : [],
  ];
}
