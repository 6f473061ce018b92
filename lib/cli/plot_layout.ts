/** Where everything of a plot lies. Pure. */
import type { Millis } from "../define/time.ts";
import { attemptsOf, readyAt, settledAt, startedAt } from "./analysis_attempts.ts";
import { criticalChain, type Link, slacks } from "./analysis_chain.ts";
import { counted, duration } from "./analysis_time.ts";
import type { ServiceLine, Timeline } from "./analysis_timeline.ts";
import { shortened, widthOf } from "./plot_svg.ts";

/** A service's row. */
export interface Row {
  readonly line: ServiceLine;
  /** Its name, if need be shortened. */
  readonly label: string;
  /** How long it took, or that it was not ready. */
  readonly took: string;
  readonly tries: string;
  readonly good: boolean;
  /** Its part of the critical chain, if it has one. */
  readonly link: Link | null;
  readonly slack: Millis | null;
}

/** The measures of a plot, in pixels. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly rows: readonly Row[];
  readonly chain: readonly Link[];
  /** When the first service was wanted: until then init prepared itself, which has a row of its own. */
  readonly prepared: Millis;
  readonly rowHeight: number;
  readonly fontSize: number;
  /** Where columns end (times) or begin (the others), and where the chart lies. */
  readonly nameX: number;
  readonly tookX: number;
  readonly triesX: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** The place of a time. */
  readonly x: (time: Millis) => number;
  /** The upper edge of a row; that of init, if it has one, is -1. */
  readonly y: (index: number) => number;
  /** Where the axis is said: above the chart, below it, and in between if it is long. The lower edges of the words. */
  readonly axes: readonly number[];
}

/** The margin around everything. */
export const MARGIN = 18;
const WIDTH = 1080;
const LONGEST_NAME = 36;
/** The axis is said again after so many rows, for those who see only a part of the plot. */
const SIGHT = 50;
/** Above the chart: title, subtitle, the label of the end, the labels of the axis. */
const HEAD = 92;
/** Below the chart: the axis again, and the legend. */
const FOOT = 64;

/** Lays out a plot. Services that were not wanted by the end of the boot have no row. */
export function layOut(timeline: Timeline): Layout {
  const { services, end } = timeline;
  const chain = criticalChain(timeline) ?? [];
  const slackOf = slacks(timeline);
  const shown = services.filter(({ spans }) => (spans[0]?.from ?? Infinity) <= end);
  const rows = inOrderOfStart(shown, end).map((line): Row => ({
    line,
    label: shortened(line.name, LONGEST_NAME),
    ...resultOf(line, end),
    link: chain.find(({ service }) => service === line.name) ?? null,
    slack: slackOf.get(line.name) ?? null,
  }));
  const prepared = Math.min(end, ...shown.map(({ spans }) => spans[0]?.from ?? end));
  const rowHeight = rows.length <= 50 ? 24 : rows.length <= 150 ? 17 : 13;
  const fontSize = rows.length <= 50 ? 12.5 : rows.length <= 150 ? 11 : 9.5;
  const column = (words: readonly string[]) => Math.max(0, ...words.map((word) => widthOf(word, fontSize)));
  const nameX = MARGIN + 14;
  const tookX = nameX + column(["init", ...rows.map(({ label }) => label)]) + 14 +
    column([duration(prepared), ...rows.map(({ took }) => took)]);
  const tries = column(rows.map((row) => row.tries));
  const triesX = tookX + 12;
  const left = triesX + (tries === 0 ? 4 : tries + 12);
  const right = WIDTH - MARGIN - 10;
  const first = prepared > 0 ? 1 : 0;
  const breaks = rows.length < 1.5 * SIGHT ? 0 : Math.floor((rows.length - 1) / SIGHT);
  const y = (index: number) =>
    HEAD + (index + first + Math.max(0, Math.min(breaks, Math.floor(index / SIGHT)))) * rowHeight;
  const bottom = HEAD + (rows.length + first + breaks) * rowHeight;
  const between = Array.from({ length: breaks }, (_, index) => y((index + 1) * SIGHT) - 2);
  return {
    ...{ width: WIDTH, height: bottom + FOOT, rows, chain, rowHeight, fontSize },
    prepared,
    ...{ nameX, tookX, triesX, left, right, top: HEAD, bottom },
    x: (time) => left + (right - left) * (end === 0 ? 0 : Math.min(1, Math.max(0, time / end))),
    y,
    axes: [HEAD - 9, ...between, bottom + 17],
  };
}

/** Whoever started first comes first, so that chains lead downwards. */
function inOrderOfStart(lines: readonly ServiceLine[], end: Millis): readonly ServiceLine[] {
  const start = (line: ServiceLine) => {
    const at = startedAt(line) ?? Infinity;
    return at <= end ? at : Number.MAX_VALUE;
  };
  return lines.toSorted((a, b) => start(a) - start(b) || settledAt(a, end) - settledAt(b, end));
}

function resultOf(line: ServiceLine, end: Millis): Pick<Row, "took" | "tries" | "good"> {
  const start = startedAt(line), ready = readyAt(line);
  const attempts = attemptsOf(line).filter(({ from }) => from <= Math.min(end, ready ?? end));
  const tries = attempts.length < 2 ? "" : counted(attempts.length, "attempt");
  if (start === null || start > end) return { took: "not started", tries, good: false };
  if (ready !== null && ready <= end) return { took: duration(ready - start), tries, good: true };
  const took = attempts.at(-1)?.result === "stopped"
    ? "stopped"
    : settledAt(line, end) < end
    ? "failed"
    : "not ready";
  return { took, tries, good: false };
}
