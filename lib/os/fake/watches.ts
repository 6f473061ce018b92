/** What a virtual machine reports of descriptors: which of them, and what of each. */
import { osError } from "../errno.ts";
import type { Fd } from "../os.ts";
import type { Descriptors } from "./descriptors.ts";
import { isReadable, isWritable } from "./open_file.ts";

/** The descriptors that are watched. */
export class Watches<W> {
  readonly #files: Descriptors<W>;
  readonly #watched = new Set<Fd>();
  readonly #forWriting = new Set<Fd>();
  readonly #forEnd = new Set<Fd>();

  constructor(files: Descriptors<W>) {
    this.#files = files;
  }

  /** As `Os.watch`. */
  watch(fd: Fd): void {
    const { kind } = this.#files.expect(fd, "watch");
    if (kind === "blob" || kind === "null") throw osError("watch", "EPERM", String(fd));
    this.#watched.add(fd);
  }

  /** As `Os.watchEnd`. */
  watchEnd(fd: Fd): void {
    this.watch(fd);
    this.#forEnd.add(fd);
  }

  /** As `Os.watchWrite`. */
  watchWrite(fd: Fd, on: boolean): void {
    this.#files.expect(fd, "watch");
    if (!this.#watched.has(fd)) throw osError("watch", "ENOENT", String(fd));
    if (on) this.#forWriting.add(fd);
    else this.#forWriting.delete(fd);
  }

  /** As `Os.unwatch`. */
  unwatch(fd: Fd): void {
    this.#watched.delete(fd);
    this.#forEnd.delete(fd);
  }

  /** Forgets a descriptor that is closed. */
  forget(fd: Fd): void {
    this.unwatch(fd);
    this.#forWriting.delete(fd);
  }

  /** Those that have something to read, or have reached their end. */
  readable(): Fd[] {
    const found: Fd[] = [];
    for (const fd of this.#watched) {
      const file = this.#files.get(fd);
      const deaf = this.#forWriting.has(fd) || this.#forEnd.has(fd);
      const heard = !deaf || file?.stream?.writable === false;
      if (file !== undefined && heard && isReadable(file)) found.push(fd);
    }
    return found;
  }

  /** Those that take bytes, of those that are watched for that. */
  writable(): Fd[] {
    return [...this.#forWriting].filter((fd) => isWritable(this.#files.expect(fd, "watch")));
  }
}
