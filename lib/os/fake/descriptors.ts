/** The descriptor table of a virtual process: here ours, and the one that a spawn makes of it. */
import { type ErrnoName, osError } from "../errno.ts";
import type { Fd, FdMapping, Pipe } from "../os.ts";
import { openBlob, type OpenFile, openPipe } from "./open_file.ts";

/** Descriptors by number, with 0, 1 and 2 on /dev/null. */
export class Descriptors<W> {
  readonly #limit: number;
  readonly #null: OpenFile<W> = { references: 3, kind: "null", stream: null };
  readonly #files: (OpenFile<W> | undefined)[] = [this.#null, this.#null, this.#null];
  #count = 3;

  /** @param limit How many there may be. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What a descriptor refers to; undefined if it is not open. */
  get(fd: Fd): OpenFile<W> | undefined {
    return this.#files[fd];
  }

  /** @throws {OsError} EBADF if it is not open. */
  expect(fd: Fd, call: string): OpenFile<W> {
    const file = this.#files[fd];
    if (file === undefined) throw osError(call, "EBADF", String(fd));
    return file;
  }

  /** @throws {OsError} EMFILE if there is no room for so many more. */
  reserve(count: number, call: string): void {
    if (this.#count + count > this.#limit) throw osError(call, "EMFILE" satisfies ErrnoName);
  }

  /** Gives a file the lowest free number, as the kernel does. */
  add(file: OpenFile<W>): Fd {
    let fd = 3;
    while (this.#files[fd] !== undefined) fd++;
    this.#files[fd] = file;
    this.#count++;
    return fd;
  }

  /** @throws {OsError} As `Os.pipe`. */
  pipe(): Pipe {
    this.reserve(2, "pipe");
    const [input, output] = openPipe<W>();
    return { read: this.add(input), write: this.add(output) };
  }

  /** @throws {OsError} As `Os.blob`. */
  blob(bytes: Uint8Array): Fd {
    this.reserve(1, "memfd_create");
    return this.add(openBlob(bytes));
  }

  /** Frees a number; what it referred to is the caller's to release. */
  remove(fd: Fd): void {
    this.#files[fd] = undefined;
    this.#count--;
  }

  /** Those beyond 0, 1 and 2. */
  opened(): Fd[] {
    return [...this.#files.keys()].filter((fd) => fd > 2 && this.#files[fd] !== undefined);
  }

  /** The table of a new process. @throws {OsError} `dup2`, as on Linux. */
  inherited(fds: readonly FdMapping[]): Map<number, OpenFile<W>> {
    const files = new Map<number, OpenFile<W>>();
    for (const { from, to } of fds) {
      const names = `${from} to ${to}`;
      if (!(to >= 0 && to < this.#limit)) throw osError("dup2", "EBADF", names, "no such descriptor");
      if (files.has(to)) throw osError("dup2", "EINVAL", names, "it is named twice");
      const file = this.#files[from];
      if (file === undefined) throw osError("dup2", "EBADF", names, `${from} is not open`);
      files.set(to, file);
    }
    for (let fd = 0; fd < 3; fd++) if (!files.has(fd)) files.set(fd, this.#null);
    return files;
  }
}
