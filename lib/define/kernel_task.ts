/**
 * What init does itself by system calls, where another service starts a
 * process: data, as a command is. Authors write it by the kinds that lower to it.
 */
export type KernelTask =
  /** Names the machine. */
  | { readonly kernel: "hostname"; readonly name: string }
  /** Switches the loopback interface on. */
  | { readonly kernel: "loopback" }
  /** Loads modules of the kernel, and those that they need. */
  | { readonly kernel: "modules"; readonly names: readonly string[] }
  /** Gives the kernel's random numbers what an earlier boot has left, which nobody can use again. */
  | { readonly kernel: "load-seed"; readonly file: string }
  /** Leaves random bytes for the next boot. */
  | { readonly kernel: "save-seed"; readonly file: string }
  /** Sets the clock forward to when a file was written last, if it is behind that. */
  | { readonly kernel: "set-clock"; readonly notBeforeFile: string }
  /** Tells when a file was marked, in milliseconds since 1970; null if it is not there. */
  | { readonly kernel: "read-mark"; readonly file: string }
  /** Marks a file with the time, making it if it is not there. */
  | { readonly kernel: "keep-clock"; readonly file: string };

/** What a task of init itself yields, or why it was left out. */
export type Performed<T> = { readonly [K in keyof T]?: T[K] } & {
  /** Why nothing was done: it is the business of whoever owns the machine. Nothing else is there then. */
  readonly skipped?: string;
};
