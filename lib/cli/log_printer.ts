/** How a log is printed: as it is, or as JSON. */

/** Prints a log that comes in pieces. */
export interface LogPrinter {
  /** The next bytes, which need not end with a line. */
  add(bytes: Uint8Array): Promise<void>;
  /** That was all: a line that has no end gets one. */
  end(): Promise<void>;
}

/** Writes all of what it is given. */
type Write = (text: string | Uint8Array) => Promise<void>;

const NEWLINE = 0x0a;
/** ISO 8601 or TAI64N, and whether the line goes on from the one before. */
const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z|@[0-9a-f]{24})([ +])/;

/** Prints the bytes as they are. */
export function textPrinter(write: Write): LogPrinter {
  let midLine = false;
  return {
    async add(bytes) {
      if (bytes.length === 0) return;
      await write(bytes);
      midLine = bytes.at(-1) !== NEWLINE;
    },
    async end() {
      if (midLine) await write("\n");
      midLine = false;
    },
  };
}

/**
 * Prints one object a line: `{"service": "web", "time": "2026-11-26T08:00:00.123456789Z", "text": "listening"}`. `time`
 * is the stamp, null where there is none; a line that was broken as it was too long goes on in those with
 * `"continued": true`.
 */
export function jsonPrinter(service: string, write: Write): LogPrinter {
  const decoder = new TextDecoder();
  let rest = "";
  return {
    async add(bytes) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop()!;
      await write(lines.map((line) => lineJson(service, line)).join(""));
    },
    async end() {
      rest += decoder.decode();
      if (rest !== "") await write(lineJson(service, rest));
      rest = "";
    },
  };
}

function lineJson(service: string, line: string): string {
  const [stamp = "", time = null, mark] = STAMP.exec(line) ?? [];
  const text = line.slice(stamp.length);
  return `${JSON.stringify({ service, time, text, ...mark === "+" ? { continued: true } : {} })}\n`;
}
