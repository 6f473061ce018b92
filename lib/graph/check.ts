import type { Claims } from "../define/policy.ts";
import { longest, renderPath, startBounds, stopBounds } from "./bounds.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { type Graph, type Node, nodeOf } from "./graph.ts";
import { closure } from "./order.ts";
import { originOf } from "./origin.ts";
import { restCommand } from "./rest_command.ts";

/**
 * Everything that can be known to be wrong with a graph at rest: settings that
 * make no sense, commands that cannot be made, claims that collide, a boot
 * that might miss its deadline, a stop that might never end.
 *
 * @returns All diagnostics, in the order of the services; empty if the graph is good.
 */
export function check(graph: Graph): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const report = (node: Node | null, setting: string, cause: string, cure: string) => {
    const origin = node === null ? null : graph.origins[node.name] ?? originOf(node.definition);
    found.push({ service: node?.name ?? null, origin, setting, cause, cure });
  };
  for (const node of graph.nodes) {
    checkTimes(node, report);
    checkRestart(node, report);
    checkCommand(graph, node, report);
  }
  checkClaims(graph, report);
  checkWatchdog(graph, report);
  return found;
}

type Report = (node: Node | null, setting: string, cause: string, cure: string) => void;

function checkTimes(node: Node, report: Report): void {
  const { startTimeout, stopTimeout, restart } = node.policy;
  const start = node.kind === "longrun" ? "ready.timeout" : "timeout";
  for (const [setting, time] of [[start, startTimeout], ["stop.timeout", stopTimeout]] as const) {
    if (time > 0 && Number.isFinite(time)) continue;
    report(
      node,
      setting,
      `cannot bound ${node.name}: ${setting} is ${time} ms`,
      "give a length of time above 0, such as seconds(30); without a bound, neither boot nor shutdown has one",
    );
  }
  for (const setting of ["delay", "max", "reset"] as const) {
    if (restart[setting] >= 0) continue;
    report(
      node,
      `restart.${setting}`,
      `cannot wait ${restart[setting]} ms`,
      "give a length of time, such as seconds(1)",
    );
  }
}

function checkRestart(node: Node, report: Report): void {
  const { restart } = node.policy;
  if (!(restart.backoff >= 1)) {
    const cause = `cannot multiply a delay by ${restart.backoff}: delays must not shrink`;
    report(node, "restart.backoff", cause, "give 1 for a constant delay, 2 to double it each time");
  }
  if (restart.giveUp !== null && !(restart.giveUp.after >= 1)) {
    const cause = `cannot give up after ${restart.giveUp.after} failures: that would be before the first start`;
    report(node, "restart.giveUp.after", cause, 'give 1 or more, or `on: "never"` for no restart at all');
  }
  if (node.kind === "oneshot" && restart.on === "always") {
    const cause = `cannot restart oneshot ${node.name} always: it would run again each time that it has succeeded`;
    report(node, "restart.on", cause, 'give "on-failure"; a process that stays is a longrun');
  }
}

function checkCommand(graph: Graph, node: Node, report: Report): void {
  try {
    restCommand(graph, node);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    report(
      node,
      "run",
      `cannot make the command of ${node.name}: ${reason}`,
      "run must be synchronous, without effects, and return { argv, env?, cwd? } for any output of its dependencies",
    );
  }
}

const claimWords: Readonly<Record<keyof Claims, string>> = {
  ports: "port",
  sockets: "socket",
  pidFiles: "pid file",
  mountPoints: "mount point",
  stateDirectories: "state directory",
};

function checkClaims(graph: Graph, report: Report): void {
  const owners = new Map<string, Node>();
  for (const node of graph.nodes) {
    for (const [setting, kind, thing] of claimsOf(node)) {
      const claim = `${kind} ${thing}`;
      const owner = owners.get(claim);
      if (owner === undefined) owners.set(claim, node);
      else if (owner !== node) {
        const where = graph.origins[owner.name] ?? originOf(owner.definition);
        const cause = `cannot give ${claim} to ${node.name}: ${owner.name} has it already${
          where === null ? "" : ` (${where})`
        }`;
        report(node, setting, cause, `change one of the two, or take one of the services away`);
      }
    }
  }
}

function claimsOf({ definition: { claims, ready } }: Node): [setting: string, kind: string, thing: string][] {
  const found: [string, string, string][] = [];
  for (const [key, word] of Object.entries(claimWords)) {
    for (const thing of claims[key as keyof Claims] ?? []) {
      const path = typeof thing === "string" && thing.length > 1 ? thing.replace(/\/+$/, "") : String(thing);
      found.push([`claims.${key}`, word, path]);
    }
  }
  const probe = ready?.probe;
  if (probe?.type === "tcp") found.push(["ready", "port", String(probe.port)]);
  if (probe?.type === "http") found.push(["ready", "port", new URL(probe.url).port || "80"]);
  if (probe?.type === "unix") found.push(["ready", "socket", probe.path]);
  return found;
}

function checkWatchdog(graph: Graph, report: Report): void {
  const { watchdog } = graph;
  if (watchdog === null) return;
  const boot = closure(graph, graph.boot);
  if (watchdog.success.length === 0) {
    const cause = "cannot tell when the boot has succeeded: watchdog.success is empty";
    report(null, "watchdog.success", cause, "name the services that must have been ready");
  }
  for (const id of watchdog.success) {
    if (boot.has(id)) continue;
    const node = nodeOf(graph, id);
    const cause = `the boot can never succeed: ${node.name} must have been ready, but boot does not start it`;
    report(node, "watchdog.success", cause, "add it to the boot bundle, or take it out of watchdog.success");
  }
  const file = statusFileFault(watchdog.statusFile);
  if (file !== null) {
    report(null, "watchdog.statusFile", file, 'give an absolute path, such as "/persist/boot-status"');
  }
  const bounds = startBounds(graph, boot);
  const worst = longest(watchdog.success.flatMap((id) => bounds.get(id) ?? []));
  if (worst !== null && !(worst.total <= watchdog.deadline)) {
    const cause = `cannot fit the boot into the deadline of ${watchdog.deadline / 1000} s: it may take ${
      worst.total / 1000
    } s: ${renderPath(graph, bounds, worst.path)}`;
    report(
      null,
      "watchdog.deadline",
      cause,
      "shorten the start timeouts on this path, or allow more time",
    );
  }
}

function statusFileFault(statusFile: (generation: string) => string): string | null {
  try {
    const path = statusFile("0123456789ab");
    return typeof path === "string" && path.startsWith("/") ? null : `cannot write the verdict to ${path}`;
  } catch (error) {
    return `cannot tell the status file's path: ${error instanceof Error ? error.message : error}`;
  }
}

/** The longest time that a shutdown of everything can take. */
export function shutdownBound(graph: Graph): number {
  return longest(stopBounds(graph, new Set(graph.nodes.keys())).values())?.total ?? 0;
}
