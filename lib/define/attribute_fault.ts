import type { Attributes, LimitValue } from "./attributes.ts";
import { CAPABILITIES, LIMITS, NAMESPACES, SECUREBITS } from "./kernel_names.ts";
import { bytesOf, type Size } from "./size.ts";

/** What is wrong with a value; null if nothing is. */
type Test = (value: unknown) => string | null;

/** Where a command is checked at rest, the name of an output that is not known then, `<web.uid>`, stands for anything. */
function faultOf(test: Test, value: unknown): string | null {
  return typeof value === "string" && /^<[^<>]+>$/.test(value) ? null : test(value);
}

const isText = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && !value.includes("\0");
const whole = (low: number, high: number): Test => (value) =>
  typeof value === "number" && Number.isInteger(value) && value >= low && value <= high
    ? null
    : `is not a whole number from ${low} to ${high}`;
const flag: Test = (value) => typeof value === "boolean" ? null : "is neither true nor false";
const path: Test = (value) => isText(value) && value.startsWith("/") ? null : "is not an absolute path";
const oneOf = (names: readonly string[]): Test => (value) =>
  names.some((name) => name === value) ? null : `is ${JSON.stringify(value)}; there are ${names.join(", ")}`;
/** -1 is what setresuid(2) takes for "as it is". */
const account: Test = (value) =>
  isText(value) || whole(0, 0xffff_fffe)(value) === null
    ? null
    : "is neither a name nor a number from 0 to 4294967294";
const amount: Test = (value) => {
  const number = typeof value === "string" ? bytesOf(value as Size) : value;
  return value === "unlimited" || whole(0, Number.MAX_SAFE_INTEGER)(number) === null
    ? null
    : 'is neither a whole number, nor a text such as "512M", nor "unlimited"';
};

function each(test: Test, least = 0): Test {
  return (value) => {
    if (!Array.isArray(value) || value.length < least) {
      return least > 0 ? "is not a list of at least one" : "is not a list";
    }
    return value.map((item) => faultOf(test, item)).find((fault) => fault !== null)?.replace(
      /^is/,
      "holds something that is",
    ) ?? null;
  };
}

/** A test of an object; a name in `needed` must be there. */
function members(tests: Readonly<Record<string, Test>>, needed: readonly string[] = []): Test {
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return "is not an object";
    const missing = needed.find((name) => !(name in value));
    if (missing !== undefined) return `has no ${missing}`;
    for (const [name, item] of Object.entries(value)) {
      const test = Object.hasOwn(tests, name) ? tests[name] : undefined;
      if (test === undefined) return `has no setting "${name}"; there are ${Object.keys(tests).join(", ")}`;
      const fault = item === undefined ? null : faultOf(test, item);
      if (fault !== null) return `has ${name}, which ${fault}`;
    }
    return null;
  };
}

const softAndHard = members({ soft: amount, hard: amount }, ["soft", "hard"]);

function limit(value: unknown): string | null {
  if (typeof value !== "object" || value === null) return amount(value);
  const fault = softAndHard(value);
  if (fault !== null) return fault;
  const { soft, hard } = value as Record<"soft" | "hard", LimitValue>;
  const number = (value: LimitValue) => value === "unlimited" ? Infinity : bytesOf(value);
  return number(soft) > number(hard) ? `has soft ${soft} above hard ${hard}` : null;
}

function schedule(value: unknown): string | null {
  const policies = ["other", "batch", "idle", "fifo", "rr"];
  const fault = members({ policy: oneOf(policies), priority: whole(1, 99) }, ["policy"])(value);
  if (fault !== null) return fault;
  const { policy, priority } = value as NonNullable<Attributes["scheduler"]>;
  const real = policy === "fifo" || policy === "rr";
  if (real === (priority !== undefined)) return null;
  return real ? `needs a priority for ${policy}` : `has a priority, which ${policy} does not know`;
}

/** A text for a path, or an object with one and more. */
function pathOr(more: Readonly<Record<string, Test>>, needed: readonly string[] = []): Test {
  const object = members({ path, ...more }, ["path", ...needed]);
  return (value) => typeof value === "string" ? path(value) : object(value);
}

/** A name that is one part of a path. */
const isFileName = (name: string) => /^[\w.-]{1,255}$/.test(name) && name !== "." && name !== "..";

function secrets(value: unknown): string | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "is not an object";
  for (const [name, secret] of Object.entries(value)) {
    if (!isFileName(name)) return `has a secret named "${name}", which is no name of a file`;
    const fault = faultOf(pathOr({ fd: whole(3, 1023) }, ["fd"]), secret);
    if (fault !== null) return `has ${name}, which ${fault}`;
  }
  return null;
}

/** A folder that is made, and one that is removed as well: not one of the system's own at the top. */
const directory: Test = (value) => {
  const fault = pathOr({ mode: whole(0, 0o7777) })(value);
  if (fault !== null) return fault;
  const { path } = typeof value === "string" ? { path: value } : value as { path: string };
  const names = path.split("/").filter((name) => name !== "");
  if (names.includes("..") || names.includes(".")) return `is ${path}, which goes back`;
  return names.length < 2 ? `is ${path}, which is a folder of the system's own` : null;
};
const capabilities = each(oneOf(CAPABILITIES));
const tests: { readonly [Name in keyof Attributes]-?: Test } = {
  user: account,
  group: account,
  groups: each(account),
  umask: whole(0, 0o777),
  limits: members(Object.fromEntries(LIMITS.map((name) => [name, limit]))),
  nice: whole(-20, 19),
  oomScore: whole(-1000, 1000),
  noNewPrivileges: flag,
  capabilities: members({ keep: capabilities, ambient: capabilities }),
  securebits: each(oneOf(SECUREBITS)),
  root: path,
  ioPriority: members({ class: oneOf(["realtime", "best-effort", "idle"]), level: whole(0, 7) }, ["class"]),
  scheduler: schedule,
  cpus: each(whole(0, 1023), 1),
  namespaces: each(oneOf(NAMESPACES)),
  privateTmp: flag,
  readOnlyPaths: each(path),
  hiddenPaths: each(path),
  directories: members({ runtime: directory, state: directory, cache: directory, logs: directory }),
  envFiles: each(pathOr({ optional: flag })),
  secrets,
};

/** Every key of {@linkcode Attributes}. */
export const attributeKeys = Object.keys(tests) as readonly (keyof Attributes)[];

/** What is wrong with the attributes among the settings of a command, or null. */
export function attributeFault(value: Attributes): string | null {
  for (const key of attributeKeys) {
    const item: unknown = value[key];
    const fault = item === undefined ? null : faultOf(tests[key], item);
    if (fault !== null) return `${key} ${fault}`;
  }
  return null;
}
