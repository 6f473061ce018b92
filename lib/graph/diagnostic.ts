/** Something wrong with a system at rest. There are no warnings: each of these stops the build. */
export interface Diagnostic {
  /** The service it is about, or null if it is about the whole system. */
  readonly service: string | null;
  /** Where that service is defined, `path:line`, as far as known. */
  readonly origin: string | null;
  /** The setting it is about, such as `deps.db` or `watchdog.deadline`. */
  readonly setting: string;
  /** What is wrong, in the form "cannot VERB OBJECT: REASON". */
  readonly cause: string;
  /** What to do about it. */
  readonly cure: string;
}

/**
 * A diagnostic as two lines of text.
 *
 * @example
 * ```ts
 * import { renderDiagnostic } from "../graph/mod.ts";
 *
 * const diagnostic = { service: "web", origin: "units/web.ts:3", setting: "ready", cause: "cannot a: b", cure: "do c" };
 * const text = "units/web.ts:3: web: ready: cannot a: b\n    do c";
 * if (renderDiagnostic(diagnostic) !== text) throw new Error("place, cause, cure");
 * ```
 */
export function renderDiagnostic(diagnostic: Diagnostic): string {
  const { origin, service, setting, cause, cure } = diagnostic;
  const where = [origin, service, setting].filter((part) => part !== null && part !== "").join(": ");
  return `${where}: ${cause}\n    ${cure}`;
}
