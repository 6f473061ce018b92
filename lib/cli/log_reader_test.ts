import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { settleLog } from "../define/log.ts";
import { type Logs, openLogs } from "../log/mod.ts";
import { jsonPrinter } from "./log_printer.ts";
import { readLog } from "./log_reader.ts";

/** A limit for failures, not a measure. */
const PATIENCE = 30_000;
const encode = (text: string) => new TextEncoder().encode(text);
const line = (number: number) => `line ${number} ${"x".repeat(80)}\n`;
const numberOf = (text: string) => Number(text.split(" ")[1]);

/** A log in a folder of its own, written as init writes it. */
async function withLog(
  policy: Parameters<typeof settleLog>[0],
  body: (path: string, logs: Logs) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const faults: string[] = [];
  const logs = openLogs({
    folder,
    policyOf: () => settleLog(policy),
    report: (fault) => faults.push(fault),
  });
  try {
    await body(`${folder}/web.log`, logs);
    assertEquals(faults, []);
  } finally {
    await logs.close();
    await Deno.remove(folder, { recursive: true });
  }
}

async function write(logs: Logs, from: number, to: number): Promise<void> {
  for (let number = from; number < to; number++) await logs.write("web", encode(line(number)));
  await logs.settle("web");
}

async function read(path: string, lines: number): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const piece of readLog(path, { lines, follow: null })) {
    assert("bytes" in piece, JSON.stringify(piece));
    text += decoder.decode(piece.bytes, { stream: true });
  }
  return text;
}

Deno.test("readLog() shows the last lines, across the files that were put aside", async () => {
  await withLog({ stamp: "none", maxSize: 4096, keep: 5 }, async (path, logs) => {
    // Some 45 lines a file.
    await write(logs, 0, 200);
    for (const count of [0, 1, 10, 44, 45, 46, 90, 91, 150, 200, 500]) {
      const expected = Array.from(
        { length: Math.min(200, count) },
        (_, at) => line(200 - Math.min(200, count) + at),
      ).join("");
      assertEquals(await read(path, count), expected, `the last ${count}`);
    }
    assertEquals((await read(path, Infinity)).split("\n").length, 201);
    await Deno.writeTextFile(path, "no end", { append: true });
    assertEquals(await read(path, 2), `${line(199)}no end`);
  });
});

Deno.test("readLog() follows across rotations: nothing is lost and nothing comes twice", async () => {
  await withLog({ stamp: "none", maxSize: 4096, keep: 100 }, async (path, logs) => {
    const last = 4000;
    await write(logs, 0, 100);
    const begun = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const follow = () => {
      begun.resolve();
      return ended.promise;
    };
    let text = "";
    const decoder = new TextDecoder();
    const reading = (async () => {
      for await (const piece of readLog(path, { lines: 10, follow })) {
        assert("bytes" in piece, JSON.stringify(piece));
        text += decoder.decode(piece.bytes, { stream: true });
        if (text.includes(`line ${last - 1} `) && text.endsWith("\n")) return;
      }
    })();
    await deadline(begun.promise, PATIENCE);
    for (let from = 100; from < last; from += 10) await write(logs, from, from + 10);
    await deadline(reading, PATIENCE);
    ended.resolve();
    const numbers = text.trimEnd().split("\n").map(numberOf);
    assertEquals(numbers, Array.from({ length: last - 90 }, (_, at) => 90 + at));
    assert(await Deno.stat(`${path}.20`).then(() => true, () => false), "there were rotations");
  });
});

Deno.test("readLog() waits for a log that does not exist yet, and ends with what was added before the end", async () => {
  await withLog({ stamp: "none" }, async (path, logs) => {
    const ended = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    let text = "";
    const reading = (async () => {
      const follow = () => {
        begun.resolve();
        return ended.promise;
      };
      for await (const piece of readLog(path, { lines: 10, follow })) {
        if ("bytes" in piece) text += new TextDecoder().decode(piece.bytes);
      }
    })();
    await deadline(begun.promise, PATIENCE);
    await write(logs, 0, 3);
    ended.resolve();
    await deadline(reading, PATIENCE);
    assertEquals(text, line(0) + line(1) + line(2));
  });
});

Deno.test("readLog() tells where lines may be missing, to whom reads too slowly or where the file was emptied", async () => {
  for (const keep of [0, 1]) {
    await withLog({ stamp: "none", maxSize: 4096, keep }, async (path, logs) => {
      await write(logs, 0, 40);
      const pieces = readLog(path, { lines: 1, follow: () => new Promise<void>(() => {}) });
      assert("bytes" in (await pieces.next()).value!);
      // Nobody reads while the files are replaced several times; the file is shorter at the end.
      await write(logs, 40, 200);
      let [told, text] = ["", ""];
      while (!text.includes("line 199 ")) {
        const { value: piece } = await deadline(pieces.next(), PATIENCE);
        if ("notice" in piece!) told += piece.notice;
        else text += new TextDecoder().decode(piece!.bytes);
      }
      await pieces.return(undefined);
      assert(told.startsWith("(lines may be missing here"), told);
    });
  }
});

Deno.test("readLog() says that there is no folder", async () => {
  const pieces = readLog("/nonexistent/web.log", { lines: 10, follow: null });
  const error = await pieces.next().then(() => null, (error) => error);
  assert(error instanceof Deno.errors.NotFound);
});

Deno.test("jsonPrinter() makes an object of each line, with the stamp apart", async () => {
  let text = "";
  const printer = jsonPrinter("web", (piece) => {
    text += piece;
    return Promise.resolve();
  });
  const bytes = encode("2026-11-26T08:00:00.123456789Z grüße\n@400000006926a1b2075bcd15+more\nplain\nno end");
  for (const byte of bytes) await printer.add(new Uint8Array([byte]));
  await printer.end();
  assertEquals(text.trimEnd().split("\n").map((line) => JSON.parse(line)), [
    { service: "web", time: "2026-11-26T08:00:00.123456789Z", text: "grüße" },
    { service: "web", time: "@400000006926a1b2075bcd15", text: "more", continued: true },
    { service: "web", time: null, text: "plain" },
    { service: "web", time: null, text: "no end" },
  ]);
});
