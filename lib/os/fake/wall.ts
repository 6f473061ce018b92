import type { Millis } from "../../define/time.ts";
import type { Fd } from "../os.ts";
import type { Descriptors } from "./descriptors.ts";
import type { OpenFile, Stream } from "./open_file.ts";

/** The clock on the wall of a virtual machine, which goes as the other one does, and can be set. */
export class Wall<W> {
  readonly #files: Descriptors<W>;
  readonly #monotonic: () => Millis;
  readonly #watches = new Set<Stream<W>>();
  #offset: Millis;

  /** @param shows What it shows at first: the beginning of 2026, in UTC, by default. */
  constructor(files: Descriptors<W>, monotonic: () => Millis, shows: Millis = 1_767_225_600_000) {
    this.#files = files;
    this.#monotonic = monotonic;
    this.#offset = shows - monotonic();
  }

  /** What it shows. */
  get now(): Millis {
    return this.#monotonic() + this.#offset;
  }

  /** Sets it. */
  set(to: Millis): void {
    this.#offset = to - this.#monotonic();
    for (const stream of this.#watches) stream.append(Uint8Array.of(1));
  }

  /** As `Os.watchClock`. */
  watch(): Fd {
    const fd = this.#files.pipe();
    this.#files.remove(fd.write);
    const { stream } = this.#files.expect(fd.read, "watch") as OpenFile<W> & { readonly stream: Stream<W> };
    this.#watches.add(stream);
    return fd.read;
  }
}
