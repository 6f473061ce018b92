import type { Attributes, LimitValue } from "./attributes.ts";
import { CAPABILITIES, LIMITS, NAMESPACES } from "./kernel_names.ts";

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
const amount: Test = (value) =>
  value === "unlimited" || whole(0, Number.MAX_SAFE_INTEGER)(value) === null
    ? null
    : 'is neither a whole number nor "unlimited"';

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
  const number = (value: LimitValue) => value === "unlimited" ? Infinity : value;
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
  root: path,
  ioPriority: members({ class: oneOf(["realtime", "best-effort", "idle"]), level: whole(0, 7) }, ["class"]),
  scheduler: schedule,
  cpus: each(whole(0, 1023), 1),
  namespaces: each(oneOf(NAMESPACES)),
  privateTmp: flag,
  readOnlyPaths: each(path),
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
