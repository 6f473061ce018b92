import type { Command } from "../define/command.ts";
import { commandHooks } from "../define/hooks.ts";
import type { KernelTask } from "../define/kernel_task.ts";
import { checkAttributes, checkReach } from "./attributes.ts";
import { checkClaims } from "./claims.ts";
import { checkEssential } from "./essential.ts";
import { checkHooks } from "./hooks.ts";
import { checkLog } from "./log.ts";
import { checkMailbox } from "./mailbox.ts";
import { checkResources } from "./resources.ts";
import { checkRestart } from "./restart.ts";
import { checkSockets } from "./sockets.ts";
import { checkTimer } from "./timer.ts";
import { checkWatchdog } from "./watchdog.ts";
import type { Diagnostic } from "../graph/diagnostic.ts";
import type { Graph, Node } from "../graph/graph.ts";
import { type Report, reportTo } from "./report.ts";
import { restCommand, restHook, restUndo } from "../graph/rest_command.ts";
import { messageOf } from "../define/message_of.ts";

/**
 * Everything that can be known to be wrong with a graph at rest: settings that
 * make no sense, commands that cannot be made, claims that collide, a boot
 * that might miss its deadline, a stop that might never end.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, tcpProbe } from "denit";
 * import { resolve } from "../graph/mod.ts";
 * import { check } from "../check/mod.ts";
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
  const attempt = (setting: string, given: string, make: () => Command | KernelTask | null) => {
    try {
      const command = make();
      if (command === null || "kernel" in command || given !== "") return true;
      checkAttributes(node, setting, command, report);
      if (setting === "run") checkReach(node, command, report);
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
  const attemptBoth = (setting: string, make: (optional: "present" | "absent") => Command | KernelTask) => {
    const made = attempt(setting, "", () => make("present"));
    if (made && optional) attempt(setting, " without its optional dependencies", () => make("absent"));
  };
  attemptBoth("run", (optional) => restCommand(graph, node, optional));
  if (node.policy.undo) attempt("undo", "", () => restUndo(graph, node));
  for (const [setting, hook] of commandHooks(node.definition.hooks)) {
    attemptBoth(setting, (optional) => restHook(graph, node, setting, hook, optional));
  }
}
