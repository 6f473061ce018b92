import type { Restart } from "../define/policy.ts";
import type { Node } from "../graph/graph.ts";
import type { Report } from "./report.ts";

/** What only has a meaning where there are restarts. */
const restartSettings: readonly Exclude<keyof Restart, "on">[] = [
  "delay",
  "backoff",
  "max",
  "reset",
  "giveUp",
  "permanent",
];

/** Restart settings that make no sense, by themselves or together. */
export function checkRestart(node: Node, report: Report): void {
  checkEffect(node, report);
  checkPace(node, report);
  const { giveUp, permanent, on } = node.policy.restart;
  if (node.kind === "oneshot" && on === "always") {
    const cause =
      `cannot restart oneshot ${node.name} always: it would run again each time that it has succeeded`;
    report(node, "restart.on", cause, 'give "on-failure"; a process that stays is a longrun');
  }
  if (giveUp !== null && !(Number.isInteger(giveUp.after) && giveUp.after >= 1)) {
    const cause = `cannot give up after ${giveUp.after} failures: it is no number of failures above 0`;
    report(node, "restart.giveUp.after", cause, 'give 1 or more, or `on: "never"` for no restart at all');
  }
  if (giveUp !== null && giveUp.within !== null && !isTime(giveUp.within, 1)) {
    const cause = `cannot count failures within ${giveUp.within} ms: it is no length of time above 0`;
    report(node, "restart.giveUp.within", cause, "give one, such as minutes(1), or leave it out");
  }
  for (const code of permanent) {
    if (Number.isInteger(code) && code >= 1 && code <= 255) continue;
    const cause = `cannot take ${code} for a permanent failure: no failed process has this exit code`;
    report(node, "restart.permanent", cause, "give whole numbers from 1 to 255");
  }
}

function checkEffect(node: Node, report: Report): void {
  const { policy, definition } = node;
  const given = restartSettings.filter((setting) => definition.restart[setting] !== undefined);
  if (policy.restart.on === "never") {
    for (const setting of given) {
      report(
        node,
        `restart.${setting}`,
        `cannot apply restart.${setting} to ${node.name}: it is never restarted${
          definition.restart.on === undefined ? ", as a oneshot that does not say otherwise" : ""
        }`,
        'take the setting away, or give on: "on-failure"',
      );
    }
  } else if (policy.restart.backoff === 1 && given.includes("max")) {
    const cause = `cannot apply restart.max to ${node.name}: with a backoff of 1 the delay does not grow`;
    report(node, "restart.max", cause, "take it away, or give a backoff above 1");
  }
}

function checkPace(node: Node, report: Report): void {
  const { restart } = node.policy;
  for (const setting of ["delay", "max", "reset"] as const) {
    if (isTime(restart[setting], 0)) continue;
    const cause = `cannot wait ${restart[setting]} ms: it is no length of time`;
    report(node, `restart.${setting}`, cause, "give a length of time, such as seconds(1)");
  }
  if (!(restart.backoff >= 1 && Number.isFinite(restart.backoff))) {
    const cause = `cannot multiply a delay by ${restart.backoff}: delays must not shrink, nor be endless`;
    report(node, "restart.backoff", cause, "give 1 for a constant delay, 2 to double it each time");
  }
  if (restart.max < restart.delay) {
    const cause =
      `cannot wait ${restart.delay} ms and at most ${restart.max} ms: the delay is longer than the longest`;
    report(node, "restart.max", cause, "give a max that is no shorter than the delay");
  }
}

function isTime(value: number, least: number): boolean {
  return value >= least && Number.isFinite(value);
}
