import { longest, stopBounds } from "./bounds.ts";
import { commandHooks } from "../define/hooks.ts";
import { checkClaims } from "./check_claims.ts";
import { checkEssential } from "./check_essential.ts";
import { checkHooks } from "./check_hooks.ts";
import { checkLog } from "./check_log.ts";
import { checkMailbox } from "./check_mailbox.ts";
import { checkResources } from "./check_resources.ts";
import { checkRestart } from "./check_restart.ts";
import { checkSockets } from "./check_sockets.ts";
import { checkTimer } from "./check_timer.ts";
import { checkWatchdog } from "./check_watchdog.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { Graph, Node } from "./graph.ts";
import { type Report, reportTo } from "./report.ts";
import { restCommand, restHook, restUndo } from "./rest_command.ts";
import { messageOf } from "../define/message_of.ts";

/**
 * Everything that can be known to be wrong with a graph at rest: settings that
 * make no sense, commands that cannot be made, claims that collide, a boot
 * that might miss its deadline, a stop that might never end.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, tcpProbe } from "denit";
 * import { check, resolve } from "../graph/mod.ts";
 *
 * const web = () => defineService({ run: () => ({ argv: ["/usr/bin/web"] }), ready: tcpProbe({ port: 80 }) });
 * const [a, b] = [web(), web()];
 * const { graph } = resolve({ a, b, default: defineSystem({ boot: defineBundle([a, b]) }) });
 * if (graph === null || check(graph)[0]?.setting !== "ready") throw new Error("both want port 80");
 * ```
 *
 * @returns All diagnostics, in the order of the services; empty if the graph is good.
 */
export function check(graph: Graph): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const report = reportTo(found, graph);
  for (const node of graph.nodes) {
    checkTimes(node, report);
    checkRestart(node, report);
    checkLog(graph, node, report);
    checkResources(node, report);
    checkHooks(node, report);
    checkMailbox(node, report);
    checkSockets(node, report);
    checkTimer(node, report);
    checkCommands(graph, node, report);
  }
  checkClaims(graph, report);
  checkWatchdog(graph, report);
  checkEssential(graph, report);
  return found;
}

/** As every start and every stop is bounded here, so are the boot and the shutdown. */
function checkTimes(node: Node, report: Report): void {
  const { startTimeout, stopTimeout } = node.policy;
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
}

function checkCommands(graph: Graph, node: Node, report: Report): void {
  const attempt = (setting: string, given: string, make: () => unknown) => {
    try {
      make();
      return true;
    } catch (error) {
      const reason = messageOf(error);
      report(
        node,
        setting,
        `cannot make the command of ${node.name}${given}: ${reason}`,
        `${setting} must be synchronous, without effects, and return a command, { argv, ... }, for any output of its dependencies`,
      );
      return false;
    }
  };
  const optional = node.dependencies.some((edge) => edge.kind === "optional");
  const attemptBoth = (setting: string, make: (optional: "present" | "absent") => unknown) => {
    const made = attempt(setting, "", () => make("present"));
    if (made && optional) attempt(setting, " without its optional dependencies", () => make("absent"));
  };
  attemptBoth("run", (optional) => restCommand(graph, node, optional));
  if (node.policy.undo) attempt("undo", "", () => restUndo(graph, node));
  for (const [setting, hook] of commandHooks(node.definition.hooks)) {
    attemptBoth(setting, (optional) => restHook(graph, node, setting, hook, optional));
  }
}

/**
 * The longest time that a shutdown of everything can take.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, spawned } from "denit";
 * import { resolve, shutdownBound } from "../graph/mod.ts";
 *
 * const db = defineService({ run: () => ({ argv: ["/usr/bin/db"] }), ready: spawned() });
 * const web = defineService({ deps: { db }, run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned() });
 * const { graph } = resolve({ db, web, default: defineSystem({ boot: defineBundle([web]) }) });
 * if (shutdownBound(graph!) !== 30_000) throw new Error("15 s for each, web first");
 * ```
 *
 * @returns Milliseconds; finite for every graph that {@linkcode check} has nothing against.
 */
export function shutdownBound(graph: Graph): number {
  return longest(stopBounds(graph, new Set(graph.nodes.keys())).values())?.total ?? 0;
}
