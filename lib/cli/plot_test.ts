import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { failed, journal, retried } from "../../tests/fixtures/boots.ts";
import { journalOf } from "../../tests/fixtures/journal_of.ts";
import { plans, play, worldFor } from "../../tests/property/plan.ts";
import { howOften } from "../../tests/property/run.ts";
import { timelineOf } from "./analysis_timeline.ts";
import { renderPlot } from "./plot.ts";
import { widthOf } from "./plot_svg.ts";

/** An element of a document that was read back. */
interface Drawn {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: Drawn[];
  text: string;
}

/** Reads XML as strictly as the plot has to be: any fault is an error. */
function parse(xml: string): Drawn {
  const root: Drawn = { name: "", attributes: new Map(), children: [], text: "" };
  const stack = [root];
  let rest = xml;
  while (rest !== "") {
    const here = stack.at(-1)!;
    const tag = rest.match(/^<(\/?)([a-zA-Z][\w-]*)((?: [a-zA-Z][\w:-]*="[^"<]*")*)(\/?)>/);
    if (tag === null) {
      const [words] = rest.match(/^[^<]+/) ?? [];
      assert(words !== undefined, `no XML: ${rest.slice(0, 80)}`);
      assert(!/&(?!#\d+;)/.test(words), `a bare ampersand: ${words}`);
      here.text += words.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
      rest = rest.slice(words.length);
      continue;
    }
    const [whole, closing, name = "", written = "", alone] = tag;
    rest = rest.slice(whole.length);
    if (closing === "/") {
      assertEquals(stack.pop()!.name, name);
      continue;
    }
    const attributes = new Map<string, string>();
    for (const [, key = "", value = ""] of written.matchAll(/ ([\w:-]+)="([^"]*)"/g)) {
      assert(!attributes.has(key), `${key} twice in ${whole}`);
      assert(!/&(?!#\d+;)|NaN|Infinity|undefined/.test(value), whole);
      attributes.set(key, value);
    }
    const drawn = { name, attributes, children: [], text: "" };
    here.children.push(drawn);
    if (alone === "") stack.push(drawn);
  }
  assertEquals(stack.length, 1, "every element is closed");
  assertEquals(root.children.length, 1);
  return root.children[0]!;
}

const all = (drawn: Drawn, name: string): Drawn[] =>
  drawn.children.flatMap((child) => [...(child.name === name ? [child] : []), ...all(child, name)]);
const number = (drawn: Drawn, key: string) => Number(drawn.attributes.get(key) ?? 0);
const styles = (drawn: Drawn) => (drawn.attributes.get("class") ?? "").split(" ");

const SIZES: Readonly<Record<string, number>> = { title: 17, words: 12, sub: 11, tick: 11 };

/** Where a text is, at the widest. */
function extent(drawn: Drawn): { left: number; right: number; y: number } {
  const size = number(drawn, "font-size") || SIZES[styles(drawn).find((style) => style in SIZES)!]!;
  assert(size > 0, `a text without a size: ${drawn.text}`);
  const x = number(drawn, "x"), width = widthOf(drawn.text, size);
  const anchor = drawn.attributes.get("text-anchor");
  const left = anchor === "end" ? x - width : anchor === "middle" ? x - width / 2 : x;
  return { left, right: left + width, y: number(drawn, "y") };
}

/** What has to hold for the plot of any boot. */
function check(svg: string): Drawn {
  const root = parse(svg);
  assertEquals(root.name, "svg");
  const width = number(root, "width"), height = number(root, "height");
  assertEquals(root.attributes.get("viewBox"), `0 0 ${width} ${height}`);
  assert(
    !/<(script|image|foreignObject)|href|url\((?!#hatch)|@import|@font-face/.test(svg),
    "it stands for itself",
  );
  const texts = all(root, "text");
  for (const drawn of texts) {
    const { left, right, y } = extent(drawn);
    assert(left >= 0 && right <= width && y > 0 && y <= height, `outside of the canvas: ${drawn.text}`);
  }
  const bars = all(root, "rect").filter((rect) => !styles(rect).some((style) => style === "ground"));
  for (const rect of bars) {
    const x = number(rect, "x"), y = number(rect, "y");
    assert(number(rect, "width") >= 0 && number(rect, "height") >= 0);
    assert(x >= 0 && x + number(rect, "width") <= width, "a bar outside of the canvas");
    assert(y >= 0 && y + number(rect, "height") <= height, "a bar outside of the canvas");
  }
  // In a row, no text lies on a bar or on another text.
  for (const row of all(root, "g").filter((group) => styles(group).includes("row"))) {
    const words = all(row, "text").map(extent).toSorted((a, b) => a.left - b.left);
    words.slice(1).forEach(({ left }, index) => assert(left >= words[index]!.right, "texts overlap"));
    for (const rect of all(row, "rect").filter((rect) => !styles(rect).includes("hit"))) {
      const from = number(rect, "x"), to = from + number(rect, "width");
      assert(words.every(({ left, right }) => right <= from || left >= to), "a text lies on a bar");
    }
  }
  return root;
}

const rowsOf = (root: Drawn) => all(root, "g").filter((group) => styles(group).includes("row"));
const stylesIn = (row: Drawn) =>
  ["rect", "line", "path", "circle"].flatMap((name) => all(row, name)).flatMap(styles);

Deno.test("renderPlot() draws a row a service in the order of their starts, with what it took", () => {
  const root = check(renderPlot(timelineOf(retried)!));
  const rows = rowsOf(root).map((row) => all(row, "text").map(({ text }) => text));
  assertEquals(rows, [
    ["init", "5 ms"],
    ["clock", "20 ms"],
    ["disk", "100 ms"],
    ["db", "300 ms", "3 attempts"],
    ["web", "100 ms"],
  ]);
  const texts = all(root, "text").map(({ text }) => text);
  assertEquals(texts.slice(0, 2), [
    "Boot of generation abc: ok in 508 ms",
    "denit 1.0 · 4 services · 1 not part of this boot · 2 retries · critical chain of 3 services: 507 ms",
  ]);
  for (const sign of ["starting", "critical chain", "failed attempt", "pause", "ready", "done (oneshot)"]) {
    assert(texts.includes(sign), `${sign} in the legend`);
  }
  assert(!texts.includes("did not come up"), "nothing that does not occur");
});

Deno.test("renderPlot() marks the critical chain by arrows, frames, weight and a sign, not by colour alone", () => {
  const root = check(renderPlot(timelineOf(retried)!));
  for (const row of rowsOf(root)) {
    const [name] = all(row, "text");
    const critical = ["init", "disk", "db", "web"].includes(name!.text);
    assertEquals(styles(name!).includes("bold"), critical, name!.text);
    assertEquals(stylesIn(row).includes("frame"), critical && name!.text !== "init" || name!.text === "init");
    assertEquals(stylesIn(row).includes("tip"), critical);
  }
  const links = root.children.filter((child) => styles(child).includes("link"));
  assertEquals(links.length, 3, "init to disk to db to web");
});

Deno.test("renderPlot() shows attempts, pauses and failures, in shape and in words", () => {
  const root = check(renderPlot(timelineOf(failed)!));
  const row = (name: string) => rowsOf(root).find((group) => all(group, "text")[0]!.text === name)!;
  const words = (name: string) => all(row(name), "text").slice(1).map(({ text }) => text);
  assertEquals(words("network"), ["failed", "exit code 7"]);
  assertEquals(words("mail"), ["not started", "network is not there"]);
  assertEquals(words("slow"), ["not ready"]);
  assert(stylesIn(row("network")).includes("failed"));
  assert(stylesIn(row("network")).includes("cross"));
  assert(stylesIn(row("slow")).includes("pause"));
  const db = rowsOf(check(renderPlot(timelineOf(retried)!)))[3]!;
  assertEquals(stylesIn(db).filter((style) => style === "failed").length, 2);
  assertStringIncludes(
    db.children[0]!.text,
    "attempt 2 at 255 ms: killed by SIGSEGV (core dumped) before it was ready after 50 ms",
  );
});

Deno.test("renderPlot() puts every name safely, and shortens those that would leave no room", () => {
  const name = `<&"'\u0001${"x".repeat(200)}`;
  const root = check(renderPlot(timelineOf(journal([{ name }], [[5, "starting", name], [9, "up", name]]))!));
  const [words] = all(rowsOf(root)[1]!, "text");
  assert(
    words!.text.startsWith(`<&"'`) && words!.text.endsWith("x") && words!.text.length <= 36,
    words!.text,
  );
  assertStringIncludes(rowsOf(root)[1]!.children[0]!.text, "x".repeat(200));
});

Deno.test("renderPlot() has something to draw even of a boot of nothing", () => {
  check(renderPlot(timelineOf(journal([], []))!));
  check(renderPlot(timelineOf(journal([], [[4, "booted"]]))!));
  check(renderPlot(timelineOf('{"t":0,"event":"up","service":"a"}')!));
});

Deno.test("renderPlot() of 500 services stays readable and says the axis again and again", () => {
  const names = Array.from({ length: 500 }, (_, index) => `service-${index}`);
  const services = names.map((name, index) => ({ name, needs: index === 0 ? [] : [names[index - 1]] }));
  const text = journal(services, [
    ...names.map((name) => [5, "blocked", name] as const),
    ...names.flatMap((name, index) => [[5 + index, "starting", name], [6 + index, "up", name]] as const),
    [505, "booted"],
  ]);
  const root = check(renderPlot(timelineOf(text)!));
  assertEquals(rowsOf(root).length, 501);
  assertEquals(all(root, "text").filter(({ text }) => text === "0 ms").length, 11);
  const places = rowsOf(root).map((row) => number(all(row, "text")[0]!, "y"));
  places.slice(1).forEach((y, index) => assert(y - places[index]! >= 12, "rows apart"));
});

Deno.test("renderPlot() is well-formed and the same each time, whatever processes and people do", () => {
  fc.assert(
    fc.property(plans({ services: 9, moves: 12, consequences: true }), (plan) => {
      const world = worldFor(plan);
      for (const { id } of world.graph.nodes) world.send({ type: "start", id });
      for (const move of plan.moves) play(world, move, true);
      world.settle(world.now + 100_000);
      const text = journalOf(world);
      const svg = renderPlot(timelineOf(text)!);
      check(svg);
      assertEquals(renderPlot(timelineOf(text)!), svg);
    }),
    howOften(150),
  );
});
