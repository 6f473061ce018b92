/**
 * What all processes of a service together may use: cgroups(7). It holds where the kernel has a hierarchy of version 2
 * for us, with the controller; where it does not, `status --json` says so of the service, and so does the journal.
 *
 * @example
 * ```ts
 * import { defineService, type Resources, spawned } from "denit";
 *
 * const resources: Resources = { memoryMax: 512 * 1024 * 1024, pidsMax: 100, cpuMax: 0.5 };
 * export const web = defineService({ run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned(), resources });
 * ```
 */
export interface Resources {
  /**
   * Bytes of memory, a whole number from 4096 on; beyond it the kernel kills one of the processes. Default: no limit.
   *
   * @example `512 * 1024 * 1024`
   */
  readonly memoryMax?: number;
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
}
