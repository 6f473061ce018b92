/** A failed system call: what was tried, on what, and why it failed. */
export class OsError extends Error {
  override readonly name = "OsError";

  /**
   * @param call What was tried, named after the system call or the stage: `exec`, `chdir`, `mount`.
   * @param errno The number in errno(3).
   * @param code Its name, such as `ENOENT`.
   * @param subject What it was tried on: a path, a pid, a descriptor; empty if there is none.
   * @param detail Why, in words; from strerror(3) where nothing better is known.
   */
  constructor(
    readonly call: string,
    readonly errno: number,
    readonly code: string,
    readonly subject: string,
    readonly detail: string,
  ) {
    super(`cannot ${call}${subject === "" ? "" : ` ${subject}`}: ${code} (${detail})`);
  }
}
