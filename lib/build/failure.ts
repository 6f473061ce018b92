/** Why a check or a build could not be carried out; what is wrong with the units themselves is a diagnostic instead. */
export class BuildFailure extends Error {
  override readonly name = "BuildFailure";

  /**
   * @param message In the form "cannot VERB OBJECT: REASON".
   * @param cure What to do about it.
   * @param exitCode 100 for a wrong call, 111 for a failure of the system.
   */
  constructor(message: string, readonly cure: string, readonly exitCode: 100 | 111 = 111) {
    super(message);
  }
}
