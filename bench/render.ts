import type { Result } from "./measurement.ts";
import { summarize } from "./statistics.ts";

/** Samples that differ more than this are marked: something else was measured too. */
const NOISY = 0.15;

/** A table as text: median, least and most, spread, and the ratio of the medians. */
export function renderResult({ title, compared, rows, notes }: Result): string {
  const head = ["", "median", "min", "max", "±", ...(compared ? ["ratio"] : [])];
  const base = rows[0] === undefined ? 1 : summarize(rows[0].samples).median;
  const body = rows.map(({ name, unit, samples }) => {
    const { median, min, max, variation } = summarize(samples);
    const spread = `${Math.round(variation * 100)}%${variation > NOISY ? " noisy" : ""}`;
    const cells = [name, `${figure(median)} ${unit}`, figure(min), figure(max), spread];
    return compared ? [...cells, (median / base).toFixed(2)] : cells;
  });
  const lines = [head, ...body];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const text = lines.map((line) =>
    line.map((cell, column) => column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))
      .join("  ").trimEnd()
  );
  return [title, ...text.map((line) => `  ${line}`), ...notes.map((note) => `  (${note})`)].join("\n");
}

/** The same as JSON: the samples, and what they amount to. */
export function resultAsJson({ title, rows, notes, compared }: Result) {
  const base = rows[0] === undefined ? 1 : summarize(rows[0].samples).median;
  return {
    title,
    rows: rows.map((row) => {
      const summary = summarize(row.samples);
      return { ...row, ...summary, ratio: compared ? summary.median / base : null };
    }),
    notes,
  };
}

/** Whether a table has a row that cannot be relied on. */
export function isNoisy({ rows }: Result): boolean {
  return rows.some(({ samples }) => summarize(samples).variation > NOISY);
}

/** Three digits are what such measurements can carry. */
function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
