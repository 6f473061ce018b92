/** A longer name would not fit beside its suffixes in a file name or a line of `status`. */
const LONGEST_NAME = 64;

/** Names that mean something else: `default` is the bundle that is started at boot. */
const reserved: readonly string[] = ["default"];

/**
 * The name of a service that is exported as `identifier`: `persistMount` is
 * `persist-mount`, `tty1` stays `tty1`, `HTTPServer` is `http-server`.
 *
 * @example
 * ```ts
 * import { serviceName } from "../graph/mod.ts";
 *
 * if (serviceName("persistMount") !== "persist-mount") throw new Error("kebab case");
 * ```
 *
 * @param identifier The name of the export.
 * @returns The name; {@linkcode nameFault} tells whether it can be one.
 */
export function serviceName(identifier: string): string {
  return identifier
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1-$2")
    .replace(/[_$]+/g, "-")
    .replace(/^-|-$/g, "")
    .toLowerCase();
}

/**
 * Why a name cannot be that of a service or bundle, or null if it can. A name
 * is also the name of files, and is typed by people.
 *
 * @example
 * ```ts
 * import { nameFault } from "../graph/mod.ts";
 *
 * if (nameFault("persist-mount") !== null) throw new Error("a good name");
 * if (nameFault("größe") === null) throw new Error("a name has ASCII letters only");
 * ```
 */
export function nameFault(name: string): string | null {
  if (reserved.includes(name)) return `"${name}" means the bundle that is started at boot`;
  if (name.length > LONGEST_NAME) {
    return `a name has at most ${LONGEST_NAME} characters, and ${name} has ${name.length}`;
  }
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    return `"${name}" is not made of the letters a to z, digits and single hyphens, a letter first`;
  }
  return null;
}
