/** Why QEMU's machine stopped, in QEMU's words: it was switched off, or reset by itself; null if QEMU just ended. */
export type StopReason = string | null;

/**
 * What the console of a machine tells about its boot. Its init is ours, and says these sentences alone on a line, the
 * time before them; a prompt of a shell on the same console may stand before that.
 */
export class ConsoleWatch {
  /** How long the boot took, in words; null while it is not through. */
  booted: string | null = null;
  /** Whether the boot is through without all of it being up. */
  degraded = false;
  /** Whether everything went down, and cleanly; null while it has not. */
  down: "clean" | "unclean" | null = null;
  /** Whether the boot missed its deadline. */
  missed = false;
  /** Why the kernel has panicked; null if it has not. */
  panic: string | null = null;
  #line = "";

  /** Takes what has come next. */
  take(text: string): void {
    const lines = (this.#line + text).split(/\r*\n/);
    // Whoever prints without ends of lines shall not fill our memory.
    this.#line = (lines.pop() ?? "").slice(-4096);
    for (const line of lines) this.#read(line);
  }

  #read(line: string): void {
    const [, said] = /\[ *\d+\.\d+\] (.*)$/.exec(line) ?? [];
    if (said === undefined) return;
    const [, took, lost] = /^booted in (\d+\.\d+ s)(, but not all of it is up)?$/.exec(said) ?? [];
    if (took !== undefined) {
      this.booted ??= took;
      this.degraded ||= lost !== undefined;
    }
    const [down, unclean] = /^everything is down(, but not all of it went cleanly)?$/.exec(said) ?? [];
    if (down !== undefined) this.down = unclean === undefined ? "clean" : "unclean";
    this.missed ||= /^generation \S+ has failed: the deadline has passed/.test(said);
    this.panic ??= /^Kernel panic - not syncing: (.*)$/.exec(said)?.[1] ?? null;
  }

  /** What to say at the end, and the exit code, as for a boot in namespaces. */
  judge(reason: StopReason): readonly [summary: string, code: 0 | 1 | 2] {
    const orderly = reason === "guest-shutdown" || reason === "guest-reset";
    const parts = this.booted === null ? [] : [`booted in ${this.booted}`];
    if (this.panic !== null) return [[...parts, `the kernel has panicked: ${this.panic}`].join("; "), 1];
    if (!orderly) return [[...parts, "the machine was cut off"].join("; "), 1];
    if (this.missed) return [[...parts, "the boot watchdog expired"].join("; "), 2];
    const clean = this.down === "clean" && !this.degraded;
    return [[...parts, clean ? "all clean" : "boot or shutdown not clean"].join("; "), clean ? 0 : 1];
  }
}
