import type { Command } from "../define/command.ts";
import type { Directory } from "../define/own_files.ts";
import type { Node } from "../graph/graph.ts";
import { isWithin } from "../graph/path.ts";
import type { Report } from "./report.ts";

/** Says that a setting has no effect where it stands, or cannot have the one that it is for: the setting, why, a cure. */
type Fault = readonly [setting: string, why: string, cure: string];

/** Settings of a command that mean something each, but not together. */
export function checkAttributes(node: Node, setting: string, command: Command, report: Report): void {
  const rules = [capabilities, kernelLimits, urgency, paths, directories, variables, secrets];
  for (const [name, why, cure] of rules.flatMap((rule) => rule(command))) {
    report(node, `${setting}.${name}`, `cannot apply ${name} to ${node.name}: ${why}`, cure);
  }
}

/** Settings of a process that keep others from ever seeing that it is ready, and descriptors that it is given twice. */
export function checkReach(node: Node, command: Command, report: Report): void {
  const { definition: { ready, sockets = {}, body }, name } = node;
  const refuse = (why: string, cure: string) =>
    report(node, "ready", `cannot see that ${name} is ready: ${why}`, cure);
  const own = list(command.namespaces), probe = ready?.probe;
  if (own.includes("network") && (probe?.type === "tcp" || probe?.type === "http")) {
    refuse(
      "it has a network of its own, which probes do not reach",
      "take another readiness, or the namespace away",
    );
  }
  if (own.includes("pid") && ready?.pidFile !== undefined) {
    refuse("in a PID namespace of its own it has other ids than here", "take another readiness");
  }
  const path = probe?.type === "unix" || probe?.type === "file" ? probe.path : ready?.pidFile;
  if (
    command.privateTmp === true && path !== undefined && TEMPORARY.some((folder) => isWithin(path, folder))
  ) {
    refuse(`nobody else sees its ${path}, as its /tmp is private`, "let it be somewhere else, as in /run");
  }
  const taken = new Map<number, string>();
  const fd = ready?.fd ?? null;
  if (fd !== null) taken.set(fd, "by which it tells that it is ready");
  if (body !== null) taken.set(BODY_FD, "by which a script hands over what it returns");
  Object.keys(sockets).forEach((socket, index) => taken.set(FIRST_SOCKET + index, `socket ${socket}`));
  for (const [secret, { fd }] of secretsByDescriptor(command)) {
    const other = taken.get(fd);
    if (other !== undefined) {
      const cause =
        `cannot give secret ${secret} to ${name} as descriptor ${fd}: that is another's, ${other}`;
      report(node, `run.secrets.${secret}.fd`, cause, "give a number that nobody has");
    }
    taken.set(fd, `secret ${secret}`);
  }
}

/** Of a script's output, and of the first socket that is passed: sd_listen_fds(3). */
const BODY_FD = 3, FIRST_SOCKET = 3;
/** What `privateTmp` hides. */
const TEMPORARY = ["/tmp", "/var/tmp"];

/** At rest, a text may stand for a list. */
function list<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? value : [];
}

function capabilities({ capabilities = {}, user, securebits }: Command): Fault[] {
  const { keep, ambient } = capabilities;
  const beyond = keep === undefined ? [] : list(ambient).filter((name) => !list(keep).includes(name));
  const faults: Fault[] = beyond.map((name) => [
    "capabilities.ambient",
    `${name} is not in keep, so that it can never have it`,
    "add it to keep, or take it away here",
  ]);
  const isRoot = user === "root" || user === 0;
  if (isRoot && list(ambient).length > 0 && !list(securebits).includes("noroot")) {
    faults.push([
      "capabilities.ambient",
      "it runs as root, which has all that is in keep",
      "name another user, or bound it by keep alone",
    ]);
  }
  for (const bit of ["noroot", "no-setuid-fixup"] as const) {
    if (!list(securebits).includes(`${bit}-locked`) || list(securebits).includes(bit)) continue;
    const why = `${bit}-locked without ${bit} keeps things as they are for good`;
    faults.push(["securebits", why, `add ${bit}, or take ${bit}-locked away`]);
  }
  return faults;
}

function kernelLimits({ limits = {} }: Command): Fault[] {
  return (["rss", "locks"] as const).filter((name) => limits[name] !== undefined).map((name) => [
    `limits.${name}`,
    "Linux has not looked at it since 2.4: setrlimit(2)",
    name === "rss" ? "limit what the service uses by resources.memoryMax" : "take it away",
  ]);
}

function urgency({ nice, scheduler, ioPriority }: Command): Fault[] {
  const faults: Fault[] = [];
  const policy = scheduler?.policy;
  if (nice !== undefined && (policy === "fifo" || policy === "rr")) {
    faults.push(["nice", `under ${policy} only the priority counts: sched(7)`, "take one of the two away"]);
  }
  if (ioPriority?.class === "idle" && ioPriority.level !== undefined) {
    faults.push(["ioPriority.level", "class idle has no levels: ioprio_set(2)", "take it away"]);
  }
  return faults;
}

function paths({ privateTmp, readOnlyPaths, hiddenPaths, directories = {} }: Command): Fault[] {
  const hidden = [...list(hiddenPaths), ...privateTmp === true ? TEMPORARY : []];
  const faults: Fault[] = [];
  for (const [setting, given] of Object.entries({ readOnlyPaths, hiddenPaths })) {
    list(given).forEach((path, index) => {
      const cover = hidden.find((folder, at) =>
        isWithin(path, folder) && !(setting === "hiddenPaths" && at === index)
      );
      if (cover === undefined) return;
      faults.push([setting, `${path} is not seen anyway, as ${cover} is not`, "take it away"]);
    });
  }
  for (const [kind, directory] of Object.entries(directories)) {
    const path = pathOf(directory), cover = hidden.find((folder) => isWithin(path, folder));
    if (cover === undefined) continue;
    faults.push([
      `directories.${kind}`,
      `it does not see ${path}, as it does not see ${cover}`,
      "take another path",
    ]);
  }
  return faults;
}

function directories({ directories = {} }: Command): Fault[] {
  const runtime = directories.runtime === undefined ? null : pathOf(directories.runtime);
  return (["state", "cache", "logs"] as const).flatMap((kind): Fault[] => {
    const directory = directories[kind];
    if (runtime === null || directory === undefined || !isWithin(pathOf(directory), runtime)) return [];
    const why = `it is within ${runtime}, which goes with all that is in it when the service is down`;
    return [[`directories.${kind}`, why, "take a path of its own, as below /var"]];
  });
}

function pathOf(directory: Directory): string {
  return typeof directory === "string" ? directory : directory.path;
}

function variables({ env = {}, directories = {}, secrets = {} }: Command): Fault[] {
  const ours: Record<string, boolean> = {
    RUNTIME_DIRECTORY: directories.runtime !== undefined,
    STATE_DIRECTORY: directories.state !== undefined,
    CACHE_DIRECTORY: directories.cache !== undefined,
    LOGS_DIRECTORY: directories.logs !== undefined,
    CREDENTIALS_DIRECTORY: Object.values(secrets).some((secret) => typeof secret === "string"),
  };
  return Object.keys(env).filter((name) => ours[name] === true).map((name) => [
    `env.${name}`,
    "it is init that says where that is",
    "take it away; the path is in directories, or in secrets",
  ]);
}

function secrets(command: Command): Fault[] {
  const files = Object.entries(command.secrets ?? {}).filter(([, secret]) => typeof secret === "string");
  if (command.root === undefined || files.length === 0) return [];
  const why = `in ${command.root}, which is its root, nobody finds the folder of files that are secret`;
  return files.map(([name]) => [`secrets.${name}`, why, "hand it over by a descriptor: { path, fd: 5 }"]);
}

function secretsByDescriptor({ secrets = {} }: Command): [string, { readonly fd: number }][] {
  return Object.entries(secrets).flatMap(([name, secret]) =>
    typeof secret === "string" ? [] : [[name, secret]]
  );
}
