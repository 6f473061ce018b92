import type { Millis } from "../define/time.ts";

/** What one message of sd_notify(3) says. Whatever it does not speak of is undefined, or false. */
export interface SdMessage {
  readonly ready: boolean;
  readonly reloading: boolean;
  readonly stopping: boolean;
  /** `BARRIER=1`: its sender waits until everything before it was dealt with. */
  readonly barrier: boolean;
  /** A line for people; empty to take the last one back. */
  readonly status?: string;
  readonly mainPid?: number;
  /** `WATCHDOG=1`, or that it should have been missed: `WATCHDOG=trigger`. */
  readonly watchdog?: "alive" | "trigger";
  /** How often it is going to say `WATCHDOG=1` from now on; 0 for no longer. */
  readonly watchdogPeriod?: Millis;
  /** How much time, from now on, it wants for its start or its stop. */
  readonly extend?: Millis;
  /** When it was sent, on CLOCK_MONOTONIC. */
  readonly sentAt?: Millis;
  /** What it says to have failed of, or to end with: the lines as they are. */
  readonly complaints: readonly string[];
  /** Descriptors come along that are to be kept, or those of the name are to be given up. */
  readonly descriptors?: "store" | "remove";
  /** The name of these descriptors. */
  readonly fdName?: string;
  /** Whether descriptors are given up when their other side is gone. */
  readonly fdPoll: boolean;
  /** `X_DENIT_OUTPUT`: an extension of ours, what those that depend on it get. */
  readonly output?: string;
  /** Lines that mean nothing, each with the reason. */
  readonly faults: readonly string[];
}

type Draft = { -readonly [K in keyof SdMessage]: SdMessage[K] } & { complaints: string[]; faults: string[] };

/** What a line that is known says, into the message; a text is why it means nothing. */
const readers: Readonly<Record<string, (message: Draft, value: string) => string | void>> = {
  READY: flag("ready"),
  RELOADING: flag("reloading"),
  STOPPING: flag("stopping"),
  BARRIER: flag("barrier"),
  STATUS(message, value) {
    message.status = value;
  },
  MAINPID(message, value) {
    if (!isWhole(value)) return "it is no process id";
    message.mainPid = Number(value);
  },
  WATCHDOG(message, value) {
    if (value !== "1" && value !== "trigger") return "there are 1 and trigger";
    message.watchdog = value === "1" ? "alive" : "trigger";
  },
  WATCHDOG_USEC: time("watchdogPeriod"),
  EXTEND_TIMEOUT_USEC: time("extend"),
  MONOTONIC_USEC: time("sentAt"),
  ERRNO: (message, value) => complain(message, "ERRNO", value, isWhole(value) && Number(value) <= 4095),
  BUSERROR: (message, value) => complain(message, "BUSERROR", value, /^[A-Za-z0-9_.]{1,255}$/.test(value)),
  EXIT_STATUS: (message, value) => complain(message, "EXIT_STATUS", value, /^[A-Z0-9]{1,16}$/.test(value)),
  FDSTORE(message, value) {
    if (value === "1") message.descriptors = "store";
  },
  FDSTOREREMOVE(message, value) {
    if (value === "1") message.descriptors = "remove";
  },
  FDNAME(message, value) {
    if (!/^[!-9;-~ ]{1,255}$/.test(value)) return "a name has 1 to 255 characters of ASCII without a colon";
    message.fdName = value;
  },
  FDPOLL(message, value) {
    if (value !== "0" && value !== "1") return "there are 0 and 1";
    message.fdPoll = value === "1";
  },
  X_DENIT_OUTPUT(message, value) {
    message.output = value;
  },
};

const decoder = new TextDecoder("utf-8", { fatal: true });
const NEWLINE = 10;

/**
 * Reads a message: lines `NAME=VALUE` of UTF-8. As in systemd the first of two lines of one name counts, names that
 * nobody knows are left alone, and `BARRIER=1` stands alone.
 */
export function readMessage(bytes: Uint8Array): SdMessage {
  const message: Draft = { ...nothing, complaints: [], faults: [] };
  const end = bytes.at(-1) === 0 ? bytes.length - 1 : bytes.length;
  if (bytes.subarray(0, end).includes(0)) return { ...nothing, faults: ["it contains a NUL byte"] };
  const seen = new Set<string>();
  for (let start = 0; start < end;) {
    const newline = bytes.indexOf(NEWLINE, start);
    const stop = newline === -1 ? end : newline;
    readLine(message, bytes.subarray(start, stop), seen);
    start = stop + 1;
  }
  if (message.barrier && seen.size > 1) {
    return { ...nothing, faults: ["BARRIER=1: nothing else may stand beside it"] };
  }
  return message;
}

const nothing: SdMessage = {
  ready: false,
  reloading: false,
  stopping: false,
  barrier: false,
  complaints: [],
  fdPoll: true,
  faults: [],
};

function readLine(message: Draft, bytes: Uint8Array, seen: Set<string>): void {
  let line: string;
  try {
    line = decoder.decode(bytes);
  } catch {
    message.faults.push("a line is not UTF-8");
    return;
  }
  const equals = line.indexOf("=");
  if (equals < 1) return;
  const name = line.slice(0, equals);
  if (seen.has(name)) return;
  seen.add(name);
  const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
  const fault = reader?.(message, line.slice(equals + 1));
  if (typeof fault === "string") message.faults.push(`${line.slice(0, 80)}: ${fault}`);
}

function flag(name: "ready" | "reloading" | "stopping" | "barrier") {
  return (message: Draft, value: string) => {
    // Programs may say READY=0, which systemd ignores, too.
    if (value === "1") message[name] = true;
  };
}

function time(name: "watchdogPeriod" | "extend" | "sentAt") {
  return (message: Draft, value: string) => {
    if (!isWhole(value)) return "it is no number of microseconds";
    message[name] = Number(value) / 1000;
  };
}

function complain(message: Draft, name: string, value: string, valid: boolean): string | void {
  if (!valid) return "it is no such thing";
  message.complaints.push(`${name}=${value}`);
}

function isWhole(value: string): boolean {
  return /^\d{1,16}$/.test(value);
}
