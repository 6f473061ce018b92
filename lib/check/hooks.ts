import type { Alive } from "../define/hooks.ts";
import { messageOf } from "../define/message_of.ts";
import type { Probe } from "../define/readiness.ts";
import { commandProbe, fileProbe, httpProbe, tcpProbe, unixProbe } from "../readiness/mod.ts";
import type { Node } from "../graph/graph.ts";
import type { Report } from "./report.ts";

/** Hooks that make no sense: settings without effect, names that nobody could type, probes that look at nothing. */
export function checkHooks(node: Node, report: Report): void {
  const { name, definition } = node;
  const { stop, alive, verbs } = definition.hooks;
  if (stop !== null && definition.stop.signal === "SIGKILL") {
    const cause =
      `cannot stop ${name} by its command: it is killed if that fails, without being asked to end`;
    report(node, "stop.signal", cause, "give a signal that it can react to, or leave it out for SIGTERM");
  }
  for (const verb of Object.keys(verbs)) {
    if (/^[a-z][a-z0-9-]*$/.test(verb)) continue;
    const cause = `cannot call a verb of ${name} "${verb}": it is no name for the command line`;
    report(node, `verbs.${verb}`, cause, "give lower-case letters, digits and dashes, a letter first");
  }
  if (alive !== null) checkAlive(node, alive, report);
}

function checkAlive(node: Node, alive: Alive, report: Report): void {
  const { probe, every, failures = 1, timeout = 1 } = alive;
  for (const [setting, time] of [["every", every], ["timeout", timeout]] as const) {
    if (time > 0 && Number.isFinite(time)) continue;
    const cause = `cannot look after ${node.name}: alive.${setting} is ${time} ms`;
    report(node, `alive.${setting}`, cause, "give a length of time above 0, such as seconds(5)");
  }
  if (!(Number.isInteger(failures) && failures >= 1)) {
    const cause = `cannot stop ${node.name} after ${failures} failures: it is no number of failures above 0`;
    report(node, "alive.failures", cause, "give 1 or more");
  }
  try {
    vet(probe);
  } catch (error) {
    report(
      node,
      "alive.probe",
      messageOf(error),
      "give the probe of one that works, such as tcpProbe(...).probe",
    );
  }
}

/** A probe that was written down has to be one that the function for it would have made. */
function vet(probe: Probe): void {
  switch (probe.type) {
    case "tcp":
      return void tcpProbe(probe);
    case "unix":
      return void unixProbe(probe);
    case "http":
      return void httpProbe({ url: probe.url });
    case "file":
      return void fileProbe(probe);
    case "command":
      return void commandProbe(probe);
  }
}
