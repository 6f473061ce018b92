import { delay } from "@std/async/delay";
import { join } from "@std/path";
import { journalTime } from "./contestants.ts";
import type { Measurement, Row, Settings } from "./measurement.ts";
import { CannotMeasure } from "./workshop.ts";

/** Lines of 100 bytes in one run. */
const LINES = 2_000_000;
const MEGABYTES = LINES * 100 / 1e6;
/** A file is put aside at this size, and none is thrown away: everything is counted in the end. */
const MAX_SIZE = 16 * 1024 * 1024, KEEP = 100;

/** Someone who writes logs. */
interface Logger {
  readonly name: string;
  /** Bytes that it puts before each line. */
  readonly stamp: number;
  /** Logs one run into a folder; the time it took in ms, and where the log is. */
  readonly run: (folder: string) => Promise<{ readonly took: number; readonly log: string }>;
}

/** How fast lines get from a process into files, each with the time. */
export const log: Measurement = {
  name: "log",
  about: `${MEGABYTES} MB of lines of 100 bytes into files, each line with the time`,
  measure: async (settings) => {
    const loggers = [
      await denit(settings, false),
      await denit(settings, true),
      s6Log(settings, "T", "s6-log T (ISO 8601)", 31),
      s6Log(settings, "t", "s6-log t (TAI64N)", 26),
    ];
    const samples = loggers.map((): number[] => []);
    const notes = [
      `every run: ${LINES} lines counted in the files, and their bytes; files of ${
        MAX_SIZE / 1024 / 1024
      } MiB`,
      `${MEGABYTES} MB in 1000 ms are ${MEGABYTES} MB/s, times not counted`,
    ];
    for (let run = 0; run < settings.runs; run++) {
      for (const [index, logger] of loggers.entries()) {
        const folder = await Deno.makeTempDir({ dir: settings.workshop.folder, prefix: "log-" });
        try {
          const { took, log } = await logger.run(folder);
          await verify(logger, folder, log);
          samples[index]!.push(took);
        } catch (error) {
          if (!(error instanceof CannotMeasure)) throw error;
          if (run === 0) notes.push(`not measured: ${logger.name}: ${error.message}`);
        } finally {
          await Deno.remove(folder, { recursive: true });
        }
      }
    }
    const rows = loggers.map(({ name }, index): Row => ({ name, unit: "ms", samples: samples[index]! }));
    const title = `From the first of ${LINES} lines printed until the last is in a file`;
    return [{ title, compared: true, rows: rows.filter((row) => row.samples.length > 0), notes }];
  },
};

async function denit({ workshop }: Settings, killed: boolean): Promise<Logger> {
  const lines = await workshop.program("log_lines");
  // The place of the notes is not known when the units are written: it is the working directory.
  const argv = [lines, String(LINES), "notes"];
  const restart = killed ? ', restart: { on: "on-failure", delay: 0 }' : "";
  const text = [
    'import { defineBundle, defineService, defineSystem } from "denit";',
    'export const lines = defineService({ kind: "oneshot", timeout: 600_000,',
    `  run: () => ({ argv: ${
      JSON.stringify(argv)
    } }), log: { maxSize: ${MAX_SIZE}, keep: ${KEEP} }${restart} });`,
    "export default defineSystem({ boot: defineBundle([lines]) });",
    "",
  ].join("\n");
  const init = await workshop.init(killed ? "log-killed" : "log", () => text);
  return {
    name: killed ? "Denit, the process killed by SIGKILL halfway" : "Denit (ISO 8601)",
    stamp: 31,
    async run(folder) {
      const args = ["boot", "--runtime-dir", folder, "--log-dir", join(folder, "log"), "--once"];
      const process = new Deno.Command(init, { args, cwd: folder, stdin: "null", stdout: "null" }).spawn();
      if (killed) await killHalfway(folder);
      await process.status;
      const from = await journalTime(folder, "spawned"), to = await journalTime(folder, "booted");
      if (from === null || to === null) throw new Error("cannot find the run in the journal");
      return { took: (to - from) / 1e6, log: join(folder, "log") };
    },
  };
}

function s6Log({ workshop }: Settings, stamp: string, name: string, width: number): Logger {
  return {
    name,
    stamp: width,
    async run(folder) {
      const found = await new Deno.Command("sh", { args: ["-c", "command -v s6-log"], stdout: "null" })
        .output();
      if (!found.success) throw new CannotMeasure("cannot find s6-log: install the package s6");
      const lines = await workshop.program("log_lines");
      const log = join(folder, "log");
      const script = `"$0" ${LINES} notes | s6-log n${KEEP} s${MAX_SIZE} ${stamp} "$1"`;
      const began = performance.now();
      const { success } = await new Deno.Command("sh", { args: ["-c", script, lines, log], cwd: folder })
        .output();
      if (!success) throw new Error(`cannot log with s6-log: it failed`);
      return { took: performance.now() - began, log };
    },
  };
}

/** What the process noted about itself. */
async function notesOf(folder: string): Promise<{ pid: number; printed: number; unsure: number } | null> {
  const bytes = await Deno.readFile(join(folder, "notes")).catch(() => new Uint8Array());
  if (bytes.length < 32) return null;
  const view = new DataView(bytes.buffer);
  const number = (at: number) => Number(view.getBigInt64(at, true));
  return { pid: number(0), printed: number(8), unsure: number(24) };
}

async function killHalfway(folder: string): Promise<void> {
  for (;;) {
    const notes = await notesOf(folder);
    if (notes !== null && notes.printed > LINES / 2) return Deno.kill(notes.pid, "SIGKILL");
    await delay(2);
  }
}

/** Sees to it that every line has arrived, with its time, and none twice but those that were printed twice. */
async function verify({ name, stamp }: Logger, folder: string, log: string): Promise<void> {
  const count = `find "$0" -type f ! -name lock ! -name state -exec cat {} + | wc -lc`;
  const { stdout } = await new Deno.Command("sh", { args: ["-c", count, log] }).output();
  const [lines = 0, bytes = 0] = new TextDecoder().decode(stdout).trim().split(/\s+/).map(Number);
  const unsure = (await notesOf(folder))?.unsure ?? 0;
  if (lines !== LINES && lines !== LINES + unsure || bytes !== lines * (100 + stamp)) {
    throw new Error(`${name} has ${lines} lines of ${LINES} in its log, and ${bytes} bytes`);
  }
}
