import type { Size } from "./size.ts";

/**
 * How fast a service may read from a disk, and write to it. What is not named is not limited.
 *
 * @example
 * ```ts
 * import type { DiskPace } from "denit";
 *
 * const pace: DiskPace = { readBytes: "50M", writeOperations: 200 };
 * if (pace.writeBytes !== undefined) throw new Error("without a limit");
 * ```
 */
export interface DiskPace {
  /**
   * Bytes a second, a whole number from 1 on.
   *
   * @example `"50M"`
   */
  readonly readBytes?: Size;
  /**
   * Bytes a second, a whole number from 1 on.
   *
   * @example `"10M"`
   */
  readonly writeBytes?: Size;
  /**
   * Operations a second, a whole number from 1 on.
   *
   * @example `1000`
   */
  readonly readOperations?: number;
  /**
   * Operations a second, a whole number from 1 on.
   *
   * @example `200`
   */
  readonly writeOperations?: number;
}

/**
 * What all processes of a service together may use: cgroups(7). It holds where the kernel has a hierarchy of version 2
 * for us, with the controller; where it does not, `status --json` says so of the service, and so does the journal.
 *
 * @example
 * ```ts
 * import { defineService, type Resources, spawned } from "denit";
 *
 * const resources: Resources = { memoryMax: "512M", pidsMax: 100, cpuMax: 0.5 };
 * export const web = defineService({ run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned(), resources });
 * ```
 */
export interface Resources {
  /**
   * Bytes of memory, a whole number from 4096 on; beyond it the kernel kills one of the processes. Default: no limit.
   *
   * @example `"512M"`
   */
  readonly memoryMax?: Size;
  /**
   * Bytes of memory, a whole number from 4096 on, beyond which the service is slowed down so that it gives some back.
   * Default: no limit.
   *
   * @example `"256M"`
   */
  readonly memoryHigh?: Size;
  /**
   * Processes and threads at a time, a whole number from 1 on; beyond it fork(2) fails with EAGAIN. Default: no limit.
   *
   * @example `100`
   */
  readonly pidsMax?: number;
  /**
   * Processors' time, in processors: 0.5 is half of one, 2 are two, at least 0.01. Default: no limit.
   *
   * @example `0.5`
   */
  readonly cpuMax?: number;
  /**
   * Its share of the processors where they are wanted by others too, against the 100 that everybody else has: a whole
   * number from 1 to 10000. Default: 100.
   *
   * @example `20`
   */
  readonly cpuWeight?: number;
  /**
   * Its share of the disks, likewise. Default: 100.
   *
   * @example `20`
   */
  readonly ioWeight?: number;
  /**
   * How fast it may use a disk, by the path of the device. It is the whole disk that has a pace, not a partition of it.
   * Default: no limit.
   *
   * @example `{ "/dev/vda": { writeBytes: "10M" } }`
   */
  readonly ioMax?: Readonly<Record<string, DiskPace>>;
}
