/** What the build knows and the running binary cannot find out: it stands in front of the bundle. */
export interface BuildInfo {
  /** Id of the generation, made of the content; `dev` when run from source. */
  readonly generation: string;
  /** Version of Denit. */
  readonly version: string;
  /** Where each service was defined, `path:line` by service name: in a bundle a stack no longer tells. */
  readonly origins: Readonly<Record<string, string>>;
}

const key = Symbol.for("denit.build");

/**
 * The JavaScript statements that {@linkcode buildInfo} reads back; they must run before anything else does.
 *
 * Every definition keeps the stack of its place, which tells nothing in a bundle, and the origins are known: without
 * stacks a large system starts sooner. `main` lets errors have them again.
 */
export function buildPrelude(info: BuildInfo): string {
  return `globalThis[Symbol.for("denit.build")] = ${JSON.stringify(info)};\nError.stackTraceLimit = 0;\n`;
}

/** What this binary was built from. */
export function buildInfo(): BuildInfo {
  const known = (globalThis as { [key]?: BuildInfo })[key];
  return known ?? { generation: "dev", version: "dev", origins: {} };
}
