/** What the signs of a plot mean; only those that occur are explained. */
import type { Timeline } from "./analysis_timeline.ts";
import { attemptsOf, isOut } from "./analysis_attempts.ts";
import type { Layout } from "./plot_layout.ts";
import { element, text, widthOf } from "./plot_svg.ts";

const SIZE = 11;
const SIGN = 26;

/** The legend, as a line below the chart. */
export function renderLegend(layout: Layout, timeline: Timeline, left: number, y: number): string {
  const lines = layout.rows.map(({ line }) => line);
  const has = (test: (line: Timeline["services"][number]) => boolean) => lines.some(test);
  const spans = (phase: string) =>
    has(({ spans }) => spans.some((span) => span.phase === phase && span.from < timeline.end));
  const bar = (style: string, inset = 0) => (x: number) =>
    element("rect", { class: style, x, y: y - 9 + inset, width: SIGN, height: 11 - 2 * inset });
  const stroke = (style: string) => (x: number) =>
    element("line", { class: style, x1: x, y1: y - 3.5, x2: x + SIGN, y2: y - 3.5 });
  const items: readonly [shown: boolean, sign: (x: number) => string, words: string][] = [
    [spans("blocked"), stroke("wait"), "waiting for others"],
    [
      layout.rows.some(({ line, link }) => link === null && attemptsOf(line).length > 0),
      bar("start"),
      "starting",
    ],
    [layout.chain.length > 0, (x) => bar("critical")(x) + bar("frame")(x), "critical chain"],
    [
      has((line) => attemptsOf(line).some(({ result }) => result === "failed")),
      bar("failed"),
      "failed attempt",
    ],
    [spans("backoff"), stroke("pause"), "pause"],
    [spans("stopping"), bar("stopping", 3), "stopping"],
    [
      has(({ kind, spans }) => kind !== "oneshot" && spans.some(({ phase }) => phase === "up")),
      bar("up", 2),
      "ready",
    ],
    [
      has(({ kind, spans }) => kind === "oneshot" && spans.some(({ phase }) => phase === "up")),
      (x) => element("circle", { class: "done", cx: x + SIGN - 4, cy: y - 3.5, r: 3 }),
      "done (oneshot)",
    ],
    [
      layout.rows.some(({ line, good }) => !good && isOut(line, timeline.end)),
      (x) => element("path", { class: "cross", d: `M${x + SIGN - 10} ${y - 8}l8 8m0 -8l-8 8` }),
      "did not come up",
    ],
  ];
  let x = left;
  return items.filter(([shown]) => shown).map(([, sign, words]) => {
    const item = sign(x) + text(x + SIGN + 6, y, words, "sub");
    x += SIGN + 6 + widthOf(words, SIZE) * 0.9 + 14;
    return item;
  }).join("");
}
