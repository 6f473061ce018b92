/** One service of a plot: its name, what it took, and what it did when. */
import type { Millis } from "../define/time.ts";
import { attemptsOf, isOut, readyAt, settledAt, startedAt } from "./analysis_attempts.ts";
import { notStarted } from "./analysis_text.ts";
import { counted, duration } from "./analysis_time.ts";
import type { ServiceLine, Span } from "./analysis_timeline.ts";
import type { Layout, Row } from "./plot_layout.ts";
import { element, escapeXml, path, text, widthOf } from "./plot_svg.ts";

/** Less than this could not be seen. */
const THINNEST = 1.5;
/** What is narrower has no frame, which would hide the colour. */
const NARROW = 3.5;

/** A service's row. The whole of it tells more where the pointer rests. */
export function renderRow(layout: Layout, row: Row, index: number, end: Millis): string {
  const { nameX, tookX, triesX, fontSize, rowHeight } = layout;
  const y = layout.y(index), base = y + rowHeight / 2 + fontSize * 0.36;
  const size = { "font-size": fontSize };
  const spans = row.line.spans.filter(({ from }) => from <= end);
  return element(
    "g",
    { class: "row" },
    element("title", {}, escapeXml(tip(row, end))),
    ...(row.link === null ? [] : [chainMark(nameX - 12, y + rowHeight / 2)]),
    text(nameX, base, row.label, row.link === null ? "name" : "name bold", size),
    text(tookX, base, row.took, row.good ? "muted" : "alarm", { ...size, "text-anchor": "end" }),
    ...(row.tries === "" ? [] : [text(triesX, base, row.tries, "muted", size)]),
    ...spans.flatMap((span, at) => renderSpan(layout, row, span, spans[at + 1], y)),
    ...(row.link === null ? [] : [frame(layout, row, y)]),
    ...verdict(layout, row, y, end),
    element("rect", { class: "hit", x: 1, y, width: layout.width - 2, height: rowHeight }),
  );
}

/** What init did before the first service was wanted. */
export function renderInit(layout: Layout): string {
  const { nameX, tookX, fontSize, rowHeight, prepared, chain } = layout;
  const y = layout.y(-1), base = y + rowHeight / 2 + fontSize * 0.36;
  const size = { "font-size": fontSize };
  const critical = (chain[0]?.waited ?? 0) > 0;
  const [top, height] = barOf(layout, y);
  const x = layout.x(0), width = Math.max(THINNEST, layout.x(prepared) - x);
  const took = duration(prepared);
  return element(
    "g",
    { class: "row" },
    element("title", {}, escapeXml(`init\nprepared the machine for ${took} before it started services`)),
    ...(critical ? [chainMark(nameX - 12, y + rowHeight / 2)] : []),
    text(nameX, base, "init", critical ? "name bold" : "name", size),
    text(tookX, base, took, "muted", { ...size, "text-anchor": "end" }),
    element("rect", { class: "init", x, y: top, width, height }),
    ...(critical ? [element("rect", { class: "frame", x, y: top, width, height })] : []),
    element("rect", { class: "hit", x: 1, y, width: layout.width - 2, height: rowHeight }),
  );
}

/** The upper edge and the height of a bar. */
export function barOf({ rowHeight }: Layout, y: number): readonly [top: number, height: number] {
  const gap = rowHeight < 16 ? 2.5 : rowHeight * 0.2;
  return [y + gap, rowHeight - 2 * gap];
}

function renderSpan(layout: Layout, row: Row, span: Span, next: Span | undefined, y: number): string[] {
  const [top, height] = barOf(layout, y);
  const x = layout.x(span.from), width = layout.x(span.to) - x, middle = top + height / 2;
  const bar = (style: string, inset = 0, thinnest = THINNEST) =>
    element("rect", {
      class: style,
      x,
      y: top + height * inset,
      width: Math.max(thinnest, width),
      height: height * (1 - 2 * inset),
    });
  const line = (style: string) =>
    element("line", { class: style, x1: x, y1: middle, x2: x + width, y2: middle });
  switch (span.phase) {
    case "blocked":
      return width < 0.5 ? [] : [line("wait")];
    case "starting":
      if (span.failure !== null || next?.phase === "backoff") return [bar("failed")];
      return [row.link === null ? bar("start") : bar("critical", 0, NARROW)];
    case "up":
      if (row.line.kind === "oneshot") {
        return [element("circle", { class: "done", cx: x + 4, cy: middle, r: Math.min(3, height / 3) })];
      }
      return [bar("up", 0.22, 0)];
    case "backoff":
      return [line("pause")];
    case "stopping":
      return [bar("stopping", 0.3)];
    case "down":
      return [];
  }
}

/** The part of a row that belongs to the critical chain. */
function frame(layout: Layout, { link }: Row, y: number): string {
  const [top, height] = barOf(layout, y);
  const x = layout.x(link!.from);
  const width = layout.x(link!.to) - x;
  return width < NARROW ? "" : element("rect", { class: "frame", x, y: top, width, height });
}

/** A service that will not be tried again: a cross, and what went wrong, where there is room for it. */
function verdict(layout: Layout, { line, good }: Row, y: number, end: Millis): string[] {
  const at = settledAt(line, end);
  if (good || !isOut(line, end)) return [];
  const [top, height] = barOf(layout, y);
  const middle = top + height / 2, arm = Math.min(4, height / 2);
  const x = layout.x(at) + arm + 3;
  const cross = element("path", {
    class: "cross",
    d: path("M", x - arm, middle - arm, "l", 2 * arm, 2 * arm, "m", 0, -2 * arm, "l", -2 * arm, 2 * arm),
  });
  const size = Math.min(layout.fontSize, 11);
  const words = startedAt(line) === null
    ? notStarted(line).replace("not started: ", "")
    : attemptsOf(line).at(-1)?.failure;
  const from = x + arm + 5;
  const free = line.spans.every((span) =>
    span.phase === "down" || span.from > end ||
    Math.max(layout.x(span.to), layout.x(span.from) + NARROW) <= from
  );
  if (!words || !free || from + widthOf(words, size) > layout.right) return [cross];
  return [cross, text(from, middle + size * 0.36, words, "muted", { "font-size": size })];
}

/** The mark of those on the critical chain, beside their names. */
export function chainMark(x: number, y: number): string {
  return element("path", { class: "tip", d: path("M", x, y - 4, "l", 7, 4, "l", -7, 4, "z") });
}

function tip({ line, slack, link }: Row, end: Millis): string {
  const wanted = line.spans[0]?.from ?? 0, start = startedAt(line), ready = readyAt(line);
  const head = line.kind === null ? line.name : `${line.name} (${line.kind})`;
  if (start === null || start > end) return `${head}\n${notStarted(line)}`;
  const attempts = attemptsOf(line).filter(({ from }) => from <= end);
  const tries = attempts.length < 2
    ? []
    : attempts.map(({ from, to, result, failure }, index) =>
      `attempt ${index + 1} at ${duration(from)}: ${failure ?? result} after ${duration(to - from)}`
    );
  return [
    head,
    waited(line, start - wanted),
    `started at ${duration(start)}`,
    ...tries,
    ready !== null && ready <= end
      ? `${line.kind === "oneshot" ? "done" : "ready"} at ${duration(ready)}, after ${
        duration(ready - start)
      }`
      : `not ready after ${counted(attempts.length, "attempt")}${failureOf(line)}`,
    link !== null
      ? "on the critical chain"
      : slack === null
      ? ""
      : `${duration(slack)} later would have changed nothing`,
  ].filter((words) => words !== "").join("\n");
}

function waited({ dependencies }: ServiceLine, time: Millis): string {
  const names = dependencies.map(({ name }) => name);
  const list = names.length > 8 ? [...names.slice(0, 7), `${names.length - 7} others`] : names;
  return names.length === 0 ? "" : `waited ${duration(time)} for ${list.join(", ")}`;
}

function failureOf(line: ServiceLine): string {
  const failure = attemptsOf(line).at(-1)?.failure ?? null;
  return failure === null ? "" : `: ${failure}`;
}
