/** The logs of all services: a file each. */
export interface Logs {
  /** Appends what a service has printed. It never throws: a service must not suffer from a full disk. */
  write(service: string, bytes: Uint8Array): void;
  /** The last lines that a service has printed, oldest first. */
  tail(service: string): readonly string[];
  close(): void;
}

/** A log that has grown to this is put aside as `NAME.log.1`, in place of the one that was there. */
const LARGEST = 4 * 1024 * 1024;
/** How much of a service's last output is kept at hand for `why`. */
const TAIL = 2048;

interface Log {
  file: Deno.FsFile | null;
  size: number;
  tail: Uint8Array;
}

/**
 * Opens the logs in a folder, which is made if it is missing.
 *
 * @param folder Where they are; `NAME.log` each.
 * @param report Told, once for each new reason, why something could not be written; the output is then lost, not the service.
 */
export function openLogs(folder: string, report: (fault: string) => void): Logs {
  const logs = new Map<string, Log>();
  let lastFault = "";
  const guarded = (what: string, action: () => void) => {
    try {
      action();
    } catch (error) {
      const fault = `cannot ${what}: ${error instanceof Error ? error.message : error}`;
      if (fault !== lastFault) report(lastFault = fault);
    }
  };
  guarded(`make the log folder ${folder}`, () => Deno.mkdirSync(folder, { recursive: true, mode: 0o755 }));
  const open = (service: string, log: Log) =>
    guarded(`open the log of ${service}`, () => {
      log.file = Deno.openSync(`${folder}/${service}.log`, { append: true, create: true, mode: 0o640 });
      log.size = log.file.statSync().size;
    });
  const logOf = (service: string): Log => {
    const log = logs.get(service) ?? { file: null, size: 0, tail: new Uint8Array() };
    logs.set(service, log);
    if (log.file === null) open(service, log);
    return log;
  };
  return {
    write(service, bytes) {
      const log = logOf(service);
      log.tail = lastBytes(log.tail, bytes);
      guarded(`write to the log of ${service}`, () => {
        for (let written = 0; log.file !== null && written < bytes.length;) {
          written += log.file.writeSync(written === 0 ? bytes : bytes.subarray(written));
        }
        log.size += bytes.length;
      });
      if (log.size < LARGEST) return;
      guarded(`rotate the log of ${service}`, () => {
        Deno.renameSync(`${folder}/${service}.log`, `${folder}/${service}.log.1`);
        log.file?.close();
        log.file = null;
        open(service, log);
      });
    },
    tail(service) {
      const bytes = logs.get(service)?.tail ?? new Uint8Array();
      const lines = new TextDecoder().decode(bytes).split("\n").filter((line) => line !== "");
      return bytes.length < TAIL ? lines : lines.slice(1);
    },
    close() {
      for (const { file } of logs.values()) file?.close();
      logs.clear();
    },
  };
}

function lastBytes(before: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (bytes.length >= TAIL) return bytes.slice(-TAIL);
  const kept = before.subarray(Math.max(0, before.length + bytes.length - TAIL));
  const joined = new Uint8Array(kept.length + bytes.length);
  joined.set(kept);
  joined.set(bytes, kept.length);
  return joined;
}
