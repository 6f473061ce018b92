import type { HardwareWatchdog } from "../define/system.ts";
import { longest, renderPath, startBounds } from "../graph/bounds.ts";
import { type BootWatchdog, type Graph, nodeOf } from "../graph/graph.ts";
import { closure } from "../graph/order.ts";
import { enclosing, normalPath } from "../graph/path.ts";
import type { Report } from "./report.ts";
import { messageOf } from "../define/message_of.ts";

/** A verdict on the boot that could not be reached, written, or reached in time. */
export function checkWatchdog(graph: Graph, report: Report): void {
  const { watchdog, hardwareWatchdog } = graph;
  if (hardwareWatchdog !== null) checkHardware(hardwareWatchdog, report);
  if (watchdog === null) return;
  if (watchdog.success.length === 0) {
    const cause = "cannot tell when the boot has succeeded: watchdog.success is empty";
    report(null, "watchdog.success", cause, "name the services that must have been ready");
  }
  const boot = closure(graph, graph.boot);
  for (const id of watchdog.success) {
    if (boot.has(id)) continue;
    const node = nodeOf(graph, id);
    const cause =
      `cannot let the boot succeed: ${node.name} must have been ready, but boot does not start it`;
    report(node, "watchdog.success", cause, "add it to the boot bundle, or take it out of watchdog.success");
  }
  checkStatusFile(graph, watchdog, report);
  checkDeadline(graph, watchdog, boot, report);
}

function checkHardware({ device, timeout }: HardwareWatchdog, report: Report): void {
  if (device !== undefined && !device.startsWith("/")) {
    const cause = `cannot pet ${device}: it is not an absolute path`;
    report(null, "hardwareWatchdog.device", cause, 'give one, such as "/dev/watchdog"');
  }
  if (timeout >= 2000 && timeout % 1000 === 0 && Number.isFinite(timeout)) return;
  const cause =
    `cannot pet a watchdog of ${timeout} ms: the kernel counts whole seconds, and one is too short`;
  report(null, "hardwareWatchdog.timeout", cause, "give two seconds or more, such as seconds(60)");
}

function checkStatusFile(graph: Graph, { statusFile, success }: BootWatchdog, report: Report): void {
  let path: unknown;
  try {
    path = statusFile("0123456789ab");
  } catch (error) {
    const reason = messageOf(error);
    const cause = `cannot tell where the verdict is written: watchdog.statusFile throws: ${reason}`;
    report(null, "watchdog.statusFile", cause, "return an absolute path for any generation");
    return;
  }
  if (typeof path !== "string" || !path.startsWith("/") || path.endsWith("/") || path.includes("\0")) {
    const cause = `cannot write the verdict to ${path}: it is not the absolute path of a file`;
    report(null, "watchdog.statusFile", cause, 'give one, such as "/persist/boot-status"');
    return;
  }
  const around = enclosing(normalPath(path));
  const before = closure(graph, success);
  for (const node of graph.nodes) {
    const mounted = (node.definition.claims.mountPoints ?? []).find((point) =>
      around.includes(normalPath(point))
    );
    if (mounted === undefined || before.has(node.id)) continue;
    report(
      node,
      "watchdog.statusFile",
      `cannot write the verdict to ${path}: it lies below ${mounted}, which ${node.name} may mount after the boot has succeeded`,
      `add ${node.name} to watchdog.success`,
    );
  }
}

function checkDeadline(
  graph: Graph,
  { success, deadline }: BootWatchdog,
  boot: ReadonlySet<number>,
  report: Report,
): void {
  if (!(deadline > 0 && Number.isFinite(deadline))) {
    const cause = `cannot judge the boot after ${deadline} ms: it is no length of time above 0`;
    report(null, "watchdog.deadline", cause, "give one, such as seconds(90)");
    return;
  }
  const bounds = startBounds(graph, boot);
  const worst = longest(success.flatMap((id) => bounds.get(id) ?? []));
  if (worst === null || !(worst.total > deadline)) return;
  const cause = `cannot fit the boot into the deadline of ${deadline / 1000} s: it may take ${
    worst.total / 1000
  } s: ${renderPath(graph, bounds, worst.path)}`;
  report(null, "watchdog.deadline", cause, "shorten the start timeouts on this path, or allow more time");
}
