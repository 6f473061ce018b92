import type { DiskPace, Resources } from "../define/resources.ts";
import { bytesOf } from "../define/size.ts";
import type { Node } from "../graph/graph.ts";
import type { Report } from "./report.ts";

/** The least and the most of each, and whether it is a whole number. */
const RULES: {
  readonly [Name in Exclude<keyof Resources, "ioMax">]-?: readonly [
    least: number,
    most: number,
    whole: boolean,
  ];
} = {
  memoryMax: [4096, Number.MAX_SAFE_INTEGER, true],
  memoryHigh: [4096, Number.MAX_SAFE_INTEGER, true],
  pidsMax: [1, Number.MAX_SAFE_INTEGER, true],
  cpuMax: [0.01, 10_000, false],
  cpuWeight: [1, 10_000, true],
  ioWeight: [1, 10_000, true],
};

const PACES: readonly (keyof DiskPace)[] = ["readBytes", "writeBytes", "readOperations", "writeOperations"];

/** What is bytes, of which there are texts too. */
const SIZES: ReadonlySet<string> = new Set<keyof Resources | keyof DiskPace>([
  "memoryMax",
  "memoryHigh",
  "readBytes",
  "writeBytes",
]);

/** Limits of resources that no kernel can set. */
export function checkResources(node: Node, report: Report): void {
  const { resources, stop } = node.definition;
  for (const [name, value] of Object.entries(resources ?? {})) {
    if (name === "ioMax") {
      checkPaces(node, value, report);
      continue;
    }
    const rule = Object.entries(RULES).find(([known]) => known === name)?.[1];
    if (rule === undefined) {
      const cause = `cannot limit ${name} of ${node.name}: there is no such resource`;
      report(node, `resources.${name}`, cause, `name one of ${[...Object.keys(RULES), "ioMax"].join(", ")}`);
      continue;
    }
    const [least, most, whole] = rule;
    if (value === undefined) continue;
    const number = SIZES.has(name) ? bytesOf(value) : value;
    if (number >= least && number <= most && (!whole || Number.isInteger(number))) continue;
    const cause = `cannot limit ${name} of ${node.name} to ${value}`;
    const range = most > 10_000 ? `from ${least} on` : `from ${least} to ${most}`;
    const text = SIZES.has(name) ? ', or a text such as "512M"' : "";
    report(node, `resources.${name}`, cause, `give a ${whole ? "whole " : ""}number ${range}${text}`);
  }
  const { memoryHigh, memoryMax } = resources ?? {};
  if (memoryHigh !== undefined && memoryMax !== undefined && bytesOf(memoryHigh) >= bytesOf(memoryMax)) {
    const cause =
      `cannot slow ${node.name} down at ${memoryHigh}: memoryMax is ${memoryMax}, and is there first`;
    report(node, "resources.memoryHigh", cause, "give less than memoryMax, or leave it out");
  }
  if (resources === undefined || stop.scope !== "group") return;
  const cause = `cannot limit the resources of ${node.name}: with stop.scope "group" it has no cgroup`;
  report(node, "resources", cause, "leave out one of the two");
}

function checkPaces(node: Node, paces: NonNullable<Resources["ioMax"]>, report: Report): void {
  for (const [device, pace] of Object.entries(paces)) {
    if (!device.startsWith("/")) {
      const cause = `cannot limit the pace of ${node.name} on ${device}: it is not an absolute path`;
      report(node, "resources.ioMax", cause, 'name the device of a whole disk, such as "/dev/vda"');
    }
    for (const [what, value] of Object.entries(pace)) {
      const setting = `resources.ioMax.${what}`;
      if (!(PACES as readonly string[]).includes(what)) {
        const cause = `cannot limit ${what} of ${node.name} on ${device}: there is no such pace`;
        report(node, setting, cause, `name one of ${PACES.join(", ")}`);
      } else if (!isPace(SIZES.has(what) ? bytesOf(value) : value)) {
        const cause = `cannot limit ${what} of ${node.name} on ${device} to ${value} a second`;
        report(node, setting, cause, "give a whole number from 1 on");
      }
    }
  }
}

function isPace(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
