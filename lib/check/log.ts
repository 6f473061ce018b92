import { type FileLog, type Log, settleLog } from "../define/log.ts";
import { type Graph, type Node, nodeOf } from "../graph/graph.ts";
import type { Report } from "./report.ts";

/** What has a meaning only for some destinations. */
const settings: Record<"file" | "console", readonly (keyof FileLog)[]> = {
  file: ["stamp", "maxSize", "keep", "maxAge", "sync"],
  console: ["lineLimit", "rateLimit"],
};

/** Settings of a log that make no sense, or have no effect. */
export function checkLog(graph: Graph, node: Node, report: Report): void {
  const { log, ready } = node.definition;
  checkEffect(node, log, report);
  if (ready?.log !== undefined && (log.to === "none" || node.consumer !== undefined)) {
    const where = log.to === "none" ? "is thrown away" : "goes to another service";
    const cause = `cannot see by its log that ${node.name} is ready: what it prints ${where}`;
    report(node, "log.to", cause, "let it go to a file or the console, or take another readiness");
  }
  const consumer = node.consumer === undefined ? null : nodeOf(graph, node.consumer);
  if (consumer?.kind === "oneshot") {
    const cause = `cannot let ${node.name} print into ${consumer.name}: a oneshot does not stay to read`;
    report(node, "log.to", cause, "name a longrun that reads its standard input");
  }
  const { maxSize, keep, maxAge, lineLimit, rateLimit } = settleLog(log);
  const isWhole = (value: number, least: number, most = Infinity) =>
    Number.isSafeInteger(value) && value >= least && value <= most;
  const refuse = (setting: string, cause: string, cure: string) =>
    report(node, `log.${setting}`, cause, cure);
  if (!isWhole(maxSize, 4096)) {
    const given = Reflect.get(log, "maxSize");
    const cure = 'give a whole number from 4096 on, or a text such as "16M"';
    refuse("maxSize", `cannot put a log aside at ${given} bytes`, cure);
  }
  if (!isWhole(keep, 0, 100)) {
    refuse("keep", `cannot keep ${keep} older files of a log`, "give a whole number from 0 to 100");
  }
  if (maxAge !== null && !(maxAge > 0 && Number.isFinite(maxAge))) {
    const cause = `cannot put a log aside after ${maxAge} ms: it is no length of time above 0`;
    refuse("maxAge", cause, "give one, such as minutes(24 * 60), or leave it out");
  }
  if (!isWhole(lineLimit, 64)) {
    refuse("lineLimit", `cannot break lines at ${lineLimit} bytes`, "give a whole number from 64 on");
  }
  if (rateLimit !== null && !isWhole(rateLimit, 1)) {
    const cause = `cannot let ${rateLimit} lines a second pass`;
    refuse(
      "rateLimit",
      cause,
      'give a whole number from 1 on, or leave it out; for no log at all, give to: "none"',
    );
  }
}

function checkEffect(node: Node, log: Log, report: Report): void {
  const { to = "file" } = log;
  const idle = to === "file"
    ? []
    : to === "console"
    ? settings.file
    : [...settings.file, ...settings.console];
  for (const setting of idle) {
    if (Reflect.get(log, setting) === undefined) continue;
    const where = to === "console" ? "to the console" : to === "none" ? "nowhere" : "to another service";
    const cause = `cannot apply log.${setting} to ${node.name}: what it prints goes ${where}`;
    report(node, `log.${setting}`, cause, "take the setting away, or let it go to a file");
  }
}
