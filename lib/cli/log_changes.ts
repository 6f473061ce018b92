import { basename, dirname } from "@std/path";

/** How often a log is looked at where the kernel does not tell of changes. */
const PACE = 250;

/** Tells when the files of a log may have changed. */
export class LogChanges {
  #pulse = Promise.withResolvers<void>();
  readonly #watcher: Deno.FsWatcher | null;
  readonly #timer: number | null = null;

  /** @param path The newest file of the log; its folder has to be there. */
  constructor(path: string) {
    this.#watcher = watch(dirname(path));
    if (this.#watcher === null) this.#timer = setInterval(() => this.pulse(), PACE);
    else this.#listen(this.#watcher, basename(path));
  }

  /** Settles at the next change after this call. */
  next(): Promise<void> {
    return this.#pulse.promise;
  }

  /** Has whoever waits look again. */
  pulse(): void {
    this.#pulse.resolve();
    this.#pulse = Promise.withResolvers();
  }

  close(): void {
    this.#watcher?.close();
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  async #listen(watcher: Deno.FsWatcher, newest: string): Promise<void> {
    for await (const { paths } of watcher) {
      // Where too much has happened at once, the kernel no longer says to what.
      if (paths.length === 0 || paths.some((path) => basename(path).startsWith(newest))) this.pulse();
    }
  }
}

/** Null where there is no inotify(7), or no more of it for this user. */
function watch(folder: string): Deno.FsWatcher | null {
  try {
    return Deno.watchFs(folder, { recursive: false });
  } catch {
    return null;
  }
}
