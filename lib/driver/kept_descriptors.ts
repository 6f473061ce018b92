import type { SdMessage } from "../readiness/mod.ts";
import type { Fd, Os } from "../os/os.ts";
import type { Passed } from "./passed_descriptors.ts";

/** One that is kept. */
export interface Kept extends Passed {
  /** Whether it is given up when its other side is gone. */
  readonly poll: boolean;
}

/** The name of descriptors that come without one. */
const NAMELESS = "stored";

/** Descriptors that are kept for the next process of a service: FDSTORE of sd_notify(3). */
export class KeptDescriptors {
  readonly #os: Os;
  readonly #most: number;
  #kept: Kept[] = [];

  /** @param most How many there may be. */
  constructor(os: Os, most: number) {
    this.#os = os;
    this.#most = most;
  }

  /** All of them, in the order in which they came. */
  get all(): readonly Kept[] {
    return this.#kept;
  }

  /** Does what a message says of descriptors. What it brings is kept here or closed; returns why, where it is not kept. */
  obey({ descriptors, fdName, fdPoll }: SdMessage, fds: readonly Fd[]): string | null {
    if (descriptors === "remove") {
      this.#close(fds);
      if (fdName === undefined) return "FDSTOREREMOVE=1: FDNAME is missing";
      this.#remove(({ name }) => name === fdName);
      return null;
    }
    if (descriptors !== "store") {
      this.#close(fds);
      return null;
    }
    let fault: string | null = fds.length === 0 ? "FDSTORE=1: no descriptor came along" : null;
    for (const fd of fds) {
      if (this.#kept.some((known) => this.#os.isSame(known.fd, fd))) this.#os.close(fd);
      else if (this.#kept.length >= this.#most) {
        this.#os.close(fd);
        fault = this.#most === 0
          ? "FDSTORE=1: its unit keeps no descriptors; give its sdNotify a number by keep"
          : `FDSTORE=1: its unit keeps no more than ${this.#most} descriptors`;
      } else this.#keep({ fd, name: fdName ?? NAMELESS, poll: fdPoll });
    }
    return fault;
  }

  /** Takes what somebody else has kept. */
  take(kept: readonly Kept[]): void {
    for (const each of kept) this.#keep(each);
  }

  /** The other side of one of them is gone. */
  noteEnd(fd: Fd): void {
    this.#remove((kept) => kept.fd === fd);
  }

  /** Gives all of them up. */
  clear(): void {
    this.#remove(() => true);
  }

  #keep(kept: Kept): void {
    this.#kept = [...this.#kept, kept];
    if (!kept.poll) return;
    try {
      this.#os.watchEnd(kept.fd);
    } catch {
      // A file has no other side.
    }
  }

  #remove(isMeant: (kept: Kept) => boolean): void {
    const gone = this.#kept.filter(isMeant);
    this.#kept = this.#kept.filter((kept) => !gone.includes(kept));
    this.#close(gone.map(({ fd }) => fd));
  }

  #close(fds: readonly Fd[]): void {
    for (const fd of fds) this.#os.close(fd);
  }
}
