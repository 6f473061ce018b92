import type { Command } from "../define/command.ts";
import type { KernelTask } from "../define/kernel_task.ts";
import type { Claims } from "../define/policy.ts";
import { everyHost } from "../define/sockets.ts";
import { type Graph, type Node, nodeOf } from "../graph/graph.ts";
import { enclosing, normalPath } from "../graph/path.ts";
import { whereDefined } from "../graph/origin.ts";
import { restCommand } from "../graph/rest_command.ts";
import type { Report } from "./report.ts";

/** One thing that a service says is its own. */
interface Claim {
  readonly setting: string;
  /** For people: `port`, `socket`. */
  readonly word: string;
  /** In a form in which equal things are equal. */
  readonly thing: string;
  /** Whether others may have it too; it then only has to be there. */
  readonly shared?: true;
}

const pathClaims: readonly (readonly [setting: Exclude<keyof Claims, "ports">, word: string])[] = [
  ["sockets", "socket"],
  ["pidFiles", "pid file"],
  ["mountPoints", "mount point"],
  ["stateDirectories", "state directory"],
];

/** What is claimed with all that is in it. */
const WHOLE: readonly string[] = ["state directory", "runtime directory"];

/**
 * Claims that collide, that are none, or that lie below a mount point that
 * may not be mounted yet. Notification fds are not among them: each process
 * has a table of its own, and a service has one readiness, so one fd.
 */
export function checkClaims(graph: Graph, report: Report): void {
  const owners = new Map<string, Node>();
  const claims = new Map<Node, readonly Claim[]>();
  for (const node of graph.nodes) {
    const own = [...portsOf(node, report), ...pathsOf(node, report), ...filesOf(graph, node)];
    claims.set(node, own);
    for (const claim of own) {
      if (claim.shared) continue;
      const [key, rival, entry] = keysOf(claim);
      const owner = owners.get(key) ?? owners.get(rival);
      if (owner !== undefined && owner !== node) collision(graph, node, owner, claim, claim.thing, report);
      for (const taken of [key, entry]) if (!owners.has(taken)) owners.set(taken, node);
    }
  }
  for (const [node, own] of claims) for (const claim of own) checkNesting(graph, node, claim, owners, report);
}

function collision(
  graph: Graph,
  node: Node,
  owner: Node,
  { setting, word, thing }: Claim,
  taken: string,
  report: Report,
): void {
  const where = whereDefined(graph, owner);
  const inside = taken === thing ? "" : `, as ${taken}`;
  report(
    node,
    setting,
    `cannot give ${word} ${thing} to ${node.name}: ${owner.name} has it already${inside}${
      where === null ? "" : ` (${where})`
    }`,
    "change one of the two, or take one of the services away",
  );
}

/**
 * The keys of a claim: its own, that of a claim it cannot stand beside, and
 * that under which such a one finds it. `80/tcp`, on every host, and `80/tcp
 * on 127.0.0.1` collide, while those of two hosts do not.
 */
function keysOf({ word, thing }: Claim): readonly [key: string, rival: string, entry: string] {
  const key = `${word} ${thing}`;
  if (word !== "port") return [key, key, key];
  const [general, host] = thing.split(" on ");
  const [every, any] = [`port ${general}`, `port ${general} on some host`];
  return host === undefined ? [every, any, every] : [key, every, any];
}

function portsOf(node: Node, report: Report): readonly Claim[] {
  const { claims, ready, sockets = {} } = node.definition;
  const found: Claim[] = [];
  for (const port of claims.ports ?? []) {
    const [number, protocol = "tcp"] = String(port).split("/");
    const value = Number(number);
    if (Number.isInteger(value) && value >= 1 && value <= 65535 && ["tcp", "udp"].includes(protocol)) {
      found.push({ setting: "claims.ports", word: "port", thing: `${value}/${protocol}` });
      continue;
    }
    const cause = `cannot give port ${port} to ${node.name}: it is no port`;
    report(node, "claims.ports", cause, 'give a whole number from 1 to 65535, or such as "53/udp"');
  }
  for (const [name, socket] of Object.entries(sockets)) {
    if (socket.type !== "tcp" && socket.type !== "udp" || socket.reusePort === true) continue;
    const { port, type, host = everyHost } = socket;
    const where = host === everyHost || host === "0.0.0.0" ? "" : ` on ${host}`;
    found.push({ setting: `sockets.${name}`, word: "port", thing: `${port}/${type}${where}` });
  }
  const probe = ready?.probe;
  if (probe?.type === "tcp") {
    found.push({ setting: "ready", word: "port", thing: `${probe.port}/tcp on ${hostOf(probe.host)}` });
  } else if (probe?.type === "http") {
    const { port, hostname } = new URL(probe.url);
    found.push({ setting: "ready", word: "port", thing: `${port || "80"}/tcp on ${hostOf(hostname)}` });
  }
  return found;
}

/** The one name that stands for an address on any machine; the addresses of a machine are each their own. */
function hostOf(host: string): string {
  return host === "localhost" ? "127.0.0.1" : host;
}

function pathsOf(node: Node, report: Report): readonly Claim[] {
  const { claims, ready, sockets = {} } = node.definition;
  const found: Claim[] = [];
  for (const [name, socket] of Object.entries(sockets)) {
    if (!("path" in socket) || !socket.path.startsWith("/")) continue;
    found.push({ setting: `sockets.${name}`, word: "socket", thing: normalPath(socket.path) });
  }
  for (const [key, word] of pathClaims) {
    const setting = `claims.${key}`;
    for (const path of claims[key] ?? []) {
      if (path.startsWith("/")) found.push({ setting, word, thing: normalPath(path) });
      else {
        const cause = `cannot give ${word} ${path} to ${node.name}: it is not an absolute path`;
        report(node, setting, cause, "write it from the root, such as /run/name");
      }
    }
  }
  if (ready?.pidFile !== undefined) {
    if (ready.pidFile.startsWith("/")) {
      found.push({ setting: "ready", word: "pid file", thing: normalPath(ready.pidFile) });
    } else {
      const cause = `cannot follow ${node.name} by pid file ${ready.pidFile}: it is not an absolute path`;
      report(node, "ready", cause, "write it from the root, such as /run/name.pid");
    }
  }
  if (ready?.probe?.type === "unix") {
    found.push({ setting: "ready", word: "socket", thing: normalPath(ready.probe.path) });
  }
  return found;
}

/** What the command of a service has of files: a runtime directory goes with its service, so it is nobody else's. */
function filesOf(graph: Graph, node: Node): readonly Claim[] {
  let command: Command | KernelTask;
  try {
    command = restCommand(graph, node);
  } catch {
    // That it cannot be made is said elsewhere.
    return [];
  }
  if ("kernel" in command) return [];
  const { directories = {}, envFiles = [], secrets = {}, root = "" } = command;
  const found: Claim[] = [];
  const add = (setting: string, word: string, path: string, shared = true) => {
    // What is not known at rest may be anything.
    if (/<[^<>]+>/.test(path)) return;
    const thing = normalPath(path);
    found.push({ setting: `run.${setting}`, word, thing, ...shared ? { shared } : {} });
  };
  for (const [kind, directory] of Object.entries(directories)) {
    add(`directories.${kind}`, `${kind} directory`, root + pathOf(directory), kind !== "runtime");
  }
  for (const file of Array.isArray(envFiles) ? envFiles : []) {
    add("envFiles", "environment file", pathOf(file));
  }
  for (const [name, secret] of Object.entries(secrets)) add(`secrets.${name}`, "secret", pathOf(secret));
  return found;
}

function pathOf(file: string | { readonly path: string }): string {
  return typeof file === "string" ? file : file.path;
}

/** Looks outwards from a path for state of others, and for what must be mounted first. */
function checkNesting(
  graph: Graph,
  node: Node,
  claim: Claim,
  owners: ReadonlyMap<string, Node>,
  report: Report,
): void {
  if (claim.word === "port") return;
  for (const around of enclosing(claim.thing)) {
    const keeper = claim.shared ? undefined : owners.get(`${claim.word} ${around}`);
    if (keeper !== undefined && keeper !== node && around !== claim.thing && WHOLE.includes(claim.word)) {
      collision(graph, node, keeper, claim, around, report);
    }
    const mount = owners.get(`mount point ${around}`);
    if (mount === undefined || mount === node || (claim.word === "mount point" && around === claim.thing)) {
      continue;
    }
    if (dependsOn(graph, node, mount)) return;
    report(
      node,
      claim.setting,
      `cannot place ${claim.word} ${claim.thing} of ${node.name}: it lies below ${around}, which ${mount.name} may mount later`,
      `add ${mount.name} to the deps of ${node.name}`,
    );
    return;
  }
}

/** Whether a service starts only after another, and starts it: by any chain of dependencies but `after`. */
function dependsOn(graph: Graph, node: Node, other: Node): boolean {
  const seen = new Set([node.id]);
  for (const id of seen) {
    if (id === other.id) return true;
    for (const edge of nodeOf(graph, id).dependencies) {
      // A dependency has a smaller id than its dependents, so what is below `other` cannot lead to it.
      if (edge.kind !== "after" && edge.id >= other.id) seen.add(edge.id);
    }
  }
  return false;
}
