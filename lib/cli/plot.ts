/** A boot as a picture: a row a service, time to the right. */
import { headline } from "./analysis_text.ts";
import { attemptsOf } from "./analysis_attempts.ts";
import { counted, duration } from "./analysis_time.ts";
import type { Timeline } from "./analysis_timeline.ts";
import { ticks } from "./plot_axis.ts";
import { type Layout, layOut, MARGIN } from "./plot_layout.ts";
import { renderLegend } from "./plot_legend.ts";
import { barOf, renderInit, renderRow } from "./plot_row.ts";
import { STYLE } from "./plot_style.ts";
import { coordinate, element, escapeXml, path, text, widthOf } from "./plot_svg.ts";

/** Lines of the grid, beside that at 0. */
const MOST_TICKS = 9;

/** The boot as an SVG document that stands for itself: no scripts, no fonts, nothing to be fetched. */
export function renderPlot(timeline: Timeline): string {
  const layout = layOut(timeline);
  const { width, height, rows } = layout;
  const title = headline(timeline);
  const head = `${title[0]!.toUpperCase()}${title.slice(1)}`;
  const parts = [
    element("title", {}, escapeXml(head)),
    element("desc", {}, escapeXml(summary(timeline, layout))),
    element("style", {}, STYLE),
    element("defs", {}, hatch()),
    element("rect", { class: "card", x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: 6 }),
    text(MARGIN, 32, head, "title"),
    text(MARGIN, 51, summary(timeline, layout), "words muted"),
    ...rows.flatMap((_, index) => index % 2 === 1 ? [] : [band(layout, index)]),
    grid(layout, timeline),
    layout.prepared > 0 ? renderInit(layout) : "",
    ...rows.map((row, index) => renderRow(layout, row, index, timeline.end)),
    links(layout),
    endMark(layout, timeline),
    renderLegend(layout, timeline, MARGIN, height - 16),
  ];
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${coordinate(width)} ${coordinate(height)}`,
      width,
      height,
      role: "img",
    },
    "\n",
    parts.filter((part) => part !== "").join("\n"),
    "\n",
  ) + "\n";
}

function summary({ version, services, outcome }: Timeline, { rows, chain }: Layout): string {
  const extra = rows.reduce((sum, { line }) => sum + Math.max(0, attemptsOf(line).length - 1), 0);
  const bad = rows.filter(({ good }) => !good).length;
  const idle = services.length - rows.length;
  return [
    ...(version === null ? [] : [`denit ${version}`]),
    counted(rows.length, "service"),
    ...(idle === 0 ? [] : [`${idle} not part of this boot`]),
    ...(bad === 0 ? [] : [`${bad} ${outcome === "unfinished" ? "not up yet" : "did not come up"}`]),
    ...(extra === 0 ? [] : [extra === 1 ? "1 retry" : `${extra} retries`]),
    ...(chain.length === 0
      ? []
      : [`critical chain of ${counted(chain.length, "service")}: ${duration(chain.at(-1)!.to)}`]),
  ].join(" · ");
}

/** Stripes, for those who do not see red. */
function hatch(): string {
  return element(
    "pattern",
    {
      id: "hatch",
      width: 5,
      height: 5,
      patternUnits: "userSpaceOnUse",
      patternTransform: "rotate(45)",
    },
    element("rect", { class: "ground", width: 5, height: 5 }),
    element("line", { class: "hatch", x1: 0, y1: 0, x2: 0, y2: 5 }),
  );
}

function band(layout: Layout, index: number): string {
  return element("rect", {
    class: "band",
    x: 1,
    y: layout.y(index),
    width: layout.width - 2,
    height: layout.rowHeight,
  });
}

function grid(layout: Layout, { end }: Timeline): string {
  const { top, bottom, right, axes } = layout;
  return ticks(end, MOST_TICKS).map(({ at, label }) => {
    const x = layout.x(at);
    return element("line", { class: "grid", x1: x, y1: top - 4, x2: x, y2: bottom + 4 }) +
      // Between rows, the line of the end would go through a label that is too near.
      axes.filter((_, index) => x < right - 14 || index === 0 || index === axes.length - 1)
        .map((y) => text(x, y, label, "tick", { "text-anchor": "middle" })).join("");
  }).join("");
}

/** Who waited for whom on the critical chain: an arrow from the end of one to the start of the next. */
function links(layout: Layout): string {
  const { rows, chain, prepared } = layout;
  const indexes = chain.map(({ service }) => rows.findIndex(({ line }) => line.name === service));
  return chain.map((link, position) => {
    const to = indexes[position]!;
    const before = chain[position - 1];
    if (to < 0 || before === undefined && link.waited === 0) return "";
    const from = before === undefined ? -1 : indexes[position - 1]!;
    const x1 = layout.x(before?.to ?? prepared), x2 = layout.x(link.from);
    return arrow(layout, x1, from, x2, to);
  }).join("");
}

function arrow(layout: Layout, x1: number, from: number, x2: number, to: number): string {
  const [topFrom, height] = barOf(layout, layout.y(from));
  const [topTo] = barOf(layout, layout.y(to));
  const down = to > from;
  const y1 = down ? topFrom + height : topFrom;
  const tip = Math.min(5, layout.rowHeight / 3);
  if (x2 - x1 >= tip + 2) {
    const middle = topTo + height / 2;
    return element("path", { class: "link", d: path("M", x1, y1, "V", middle, "H", x2 - tip) }) +
      element("path", { class: "tip", d: path("M", x2, middle, "l", -tip, -tip / 2, "v", tip, "z") });
  }
  const y2 = down ? topTo : topTo + height;
  const back = down ? -tip : tip;
  return element("path", { class: "link", d: path("M", x1, y1, "V", y2 + back, "H", x2) }) +
    element("path", { class: "tip", d: path("M", x2, y2, "l", -tip / 2, back, "h", tip, "z") });
}

function endMark(layout: Layout, { end, outcome }: Timeline): string {
  const x = layout.x(end);
  const words = {
    ok: "booted at",
    degraded: "booted in part at",
    failed: "given up at",
    unfinished: "seen until",
  };
  const label = `${words[outcome]} ${duration(end)}`;
  const y = layout.top - 24;
  return element("line", { class: "end", x1: x, y1: layout.top - 5, x2: x, y2: layout.bottom + 4 }) +
    text(Math.max(x, layout.left + widthOf(label, 11)), y, label, "sub bold", { "text-anchor": "end" });
}
