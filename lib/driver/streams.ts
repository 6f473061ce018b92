import { type Graph, nodeOf } from "../graph/graph.ts";
import type { Logs } from "../log/mod.ts";
import type { Fd, Os } from "../os/os.ts";
import type { Attempt, Output } from "./attempt.ts";

/** What a descriptor that we watch is for. */
type Watch = { readonly role: "log" | "notification" | "output"; readonly attempt: Attempt };

/** What reading needs of the driver. */
export interface StreamSettings {
  readonly graph: Graph;
  readonly os: Os;
  readonly logs: Logs;
  /** Told what an attempt has written to its notification pipe; null for its end. */
  readonly onNotification: (attempt: Attempt, bytes: Uint8Array | null) => void;
  /** Told what an attempt has printed whose readiness is seen by that. */
  readonly onPrinted: (attempt: Attempt, bytes: Uint8Array) => void;
  /** Told of what was thrown later, when nobody could catch it. */
  readonly onFault: (error: unknown) => void;
}

/** Reads of what a dead process has left in a pipe: a pipe holds 64 KiB, but somebody else may still write. */
const DRAIN_READS = 16;
const BUFFER = 64 * 1024;

/** Reads what processes of services write: to their logs, to their notification pipes, as their output. */
export class Streams {
  readonly #settings: StreamSettings;
  readonly #watches = new Map<Fd, Watch>();
  readonly #buffer = new Uint8Array(BUFFER);

  constructor(settings: StreamSettings) {
    this.#settings = settings;
  }

  /** Watches every pipe of an attempt. */
  watch(attempt: Attempt): void {
    const { log, notification, yielding } = attempt;
    if (log !== null) this.#watch(log, { role: "log", attempt });
    if (notification !== null) this.#watch(notification, { role: "notification", attempt });
    if (yielding !== null) this.#watch(yielding.fd, { role: "output", attempt });
  }

  /** Whether a descriptor is one that is watched here. */
  has(fd: Fd): boolean {
    return this.#watches.has(fd);
  }

  /** Whether a descriptor is the log pipe of a process. */
  isLog(fd: Fd): boolean {
    return this.#watches.get(fd)?.role === "log";
  }

  /** Closes a descriptor that is watched. */
  forget(fd: Fd): void {
    this.#watches.delete(fd);
    this.#settings.os.close(fd);
  }

  /** Reads once what a descriptor has, so that nobody who talks much keeps others waiting; false at the end of it. */
  read(fd: Fd): boolean {
    const watch = this.#watches.get(fd);
    if (watch === undefined) return false;
    const count = this.#settings.os.read(fd, this.#buffer);
    if (count < 0) return false;
    const bytes = this.#buffer.subarray(0, count);
    const { attempt } = watch;
    if (count === 0) this.#endOfStream(fd, watch);
    else if (watch.role === "log") this.#log(fd, attempt, bytes);
    else if (watch.role === "notification") this.#settings.onNotification(attempt, bytes);
    else attempt.yielding?.output.add(bytes);
    return count > 0;
  }

  /** Reads what a process that has ended has left. */
  drain(fd: Fd | null): void {
    for (let reads = 0; fd !== null && reads < DRAIN_READS && this.read(fd); reads++);
  }

  /** What a process that has ended has yielded. */
  yieldOf({ id, yielding }: Attempt): ReturnType<Output["parse"]> | null {
    const { output } = nodeOf(this.#settings.graph, id).definition;
    if (yielding === null || output === null) return null;
    if (yielding.fd !== -1) {
      this.drain(yielding.fd);
      if (this.#watches.has(yielding.fd)) this.forget(yielding.fd);
    }
    return yielding.output.parse(output);
  }

  #watch(fd: Fd, watch: Watch): void {
    this.#watches.set(fd, watch);
    this.#settings.os.watch(fd);
  }

  /** Passes on what a service has printed. While its log is behind it is not heard: its pipe fills, and it waits. */
  #log(fd: Fd, attempt: Attempt, bytes: Uint8Array): void {
    const { graph, os, logs, onFault, onPrinted } = this.#settings;
    const { name, definition } = nodeOf(graph, attempt.id);
    const relief = logs.write(name, bytes);
    if (attempt.observed && definition.ready?.log !== undefined) onPrinted(attempt, bytes);
    if (!(relief instanceof Promise)) return;
    os.unwatch(fd);
    relief.then(() => this.#watches.has(fd) && os.watch(fd)).catch(onFault);
  }

  #endOfStream(fd: Fd, { role, attempt }: Watch): void {
    this.forget(fd);
    if (role === "log") attempt.log = null;
    // What was gathered is needed when the process ends.
    else if (role === "output") attempt.yielding = { fd: -1, output: attempt.yielding!.output };
    else this.#settings.onNotification(attempt, null);
  }
}
