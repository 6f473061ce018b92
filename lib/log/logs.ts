import type { LogPolicy } from "../define/log.ts";
import type { Millis } from "../define/time.ts";
import { Rooms } from "./room.ts";
import { messageOf } from "../define/message_of.ts";
import { ServiceLog } from "./service_log.ts";
import type { Instant } from "./stamp.ts";

/** Where the output of all services goes. */
export interface Logs {
  /**
   * Takes what a service has printed. It never throws: a service must not suffer from a full disk.
   *
   * @returns Nothing if it would take more at once; else what is settled when it would. What comes before that is taken too.
   */
  write(service: string, bytes: Uint8Array): Promise<void> | void;
  /**
   * A process of the service has ended: its last line ends here, whether or not it has an end.
   *
   * @returns Nothing if all that it printed has arrived; else what is settled when it has, or when that takes too long.
   */
  settle(service: string): Promise<void> | void;
  /** The last lines that a service has printed, oldest first. */
  tail(service: string): readonly string[];
  /** Waits until everything has arrived, but not for ever. */
  close(): Promise<void>;
}

/** What logs need of whoever keeps them. */
export interface LogsSettings {
  /** Where the files are; it is made if it is missing. */
  readonly folder: string;
  /** How a service wants it. */
  readonly policyOf: (service: string) => LogPolicy;
  /** Told why something could not be written, though not each time. */
  readonly report: (fault: string) => void;
  /**
   * Shows a line of a service on the console. Default: nobody sees it.
   *
   * @returns What is settled when it would take more, if it would not at once.
   */
  readonly print?: (service: string, line: string) => Promise<void> | void;
  /** The time for stamps. Default: that of JavaScript, to the millisecond. */
  readonly clock?: () => Instant;
  /** The time by which files grow old, in milliseconds since 1970. Default: that of JavaScript. */
  readonly now?: () => Millis;
}

/** Opens the logs. */
export function openLogs(settings: LogsSettings): Logs {
  try {
    Deno.mkdirSync(settings.folder, { recursive: true, mode: 0o755 });
  } catch (error) {
    settings.report(`cannot make the log folder ${settings.folder}: ${messageOf(error)}`);
  }
  const rooms = new Rooms();
  const logs = new Map<string, ServiceLog>();
  const logOf = (service: string): ServiceLog => {
    const known = logs.get(service);
    if (known !== undefined) return known;
    const log = new ServiceLog(service, settings, rooms);
    logs.set(service, log);
    return log;
  };
  return {
    write: (service, bytes) => logOf(service).write(bytes),
    settle: (service) => logs.get(service)?.settle(),
    tail: (service) => logs.get(service)?.lastLines() ?? [],
    async close() {
      await Promise.all([...logs.values()].map((log) => log.close()));
    },
  };
}

/** Logs that keep nothing: for drives in which nobody reads them. */
export const noLogs: Logs = { write() {}, settle() {}, tail: () => [], close: () => Promise.resolve() };
