/** The page denit.units(5): the docstrings of the authoring API, in an order to read them in. */
import { type DocType, typeText } from "./manual_type.ts";
import {
  argument,
  block,
  code,
  head,
  pageText,
  prose,
  section,
  tagged,
  taggedInside,
} from "./manual_mdoc.ts";
import type { Edition } from "./manual_pages.ts";

/** The part of `deno doc --json`, version 2, that is read here. */
export interface Documentation {
  readonly version: number;
  readonly nodes: Readonly<
    Record<string, { readonly module_doc?: Doc; readonly symbols: readonly DocSymbol[] }>
  >;
}

interface Doc {
  readonly doc?: string;
  readonly tags?: readonly DocTag[];
}

interface DocTag {
  readonly kind: string;
  readonly name?: string;
  readonly doc?: string;
  readonly tsType?: DocType;
}

interface DocSymbol {
  readonly name: string;
  readonly declarations: readonly {
    readonly kind: string;
    readonly jsDoc?: Doc;
    readonly def?: {
      readonly tsType?: DocType;
      readonly extends?: readonly DocType[];
      readonly properties?: readonly DocProperty[];
    };
  }[];
}

interface DocProperty {
  readonly name: string;
  readonly optional?: boolean;
  readonly jsDoc?: Doc;
  readonly tsType?: DocType;
}

/** What stands in which section. What is new and not in it is put under "MORE". */
const LAYOUT: readonly (readonly [section: string, symbols: readonly string[]])[] = [
  ["services", ["defineService", "Settings", "Longrun", "LongrunHooks", "Oneshot", "Service", "Kind"]],
  [
    "what is run",
    [
      "Command",
      "Attributes",
      "LimitValue",
      "LimitName",
      "CapabilityName",
      "NamespaceName",
      "SecureBit",
      "Directories",
      "Directory",
      "EnvironmentFile",
      "Secret",
      "Resources",
      "DiskPace",
      "Size",
    ],
  ],
  ["sockets", ["SocketSettings", "Sockets", "Socket"]],
  ["dependencies", ["Deps", "optional", "milestone", "after"]],
  [
    "readiness",
    [
      "notificationFd",
      "NotificationFdSettings",
      "sdNotify",
      "pidFile",
      "spawned",
      "logLine",
      "LogLineSettings",
      "tcpProbe",
      "TcpAddress",
      "unixProbe",
      "httpProbe",
      "fileProbe",
      "commandProbe",
      "Pace",
      "Readiness",
      "ProbeReadiness",
      "Probe",
      "Observation",
      "Verdict",
    ],
  ],
  ["outputs", ["json", "lines", "Parser", "Json"]],
  ["other kinds of service", [
    "mount",
    "Mount",
    "Mounted",
    "script",
    "Script",
    "hostname",
    "Hostname",
    "loopback",
    "kernelModules",
    "KernelModules",
    "randomSeed",
    "savedClock",
    "StateFile",
    "Told",
    "getty",
    "Getty",
    "timer",
    "TimerEvery",
    "TimerAt",
    "TimerJob",
    "Performed",
  ]],
  ["restarts", ["Restart", "GiveUp", "never", "Consequence"]],
  ["liveness", ["Alive"]],
  ["stopping", ["Stop", "LongrunStop", "Signal"]],
  ["claims", ["Claims", "Port"]],
  ["logs", ["Log", "FileLog", "ConsoleLog", "PipedLog", "NoLog"]],
  ["systems", [
    "defineBundle",
    "defineSystem",
    "SystemSettings",
    "Watchdog",
    "OnFailure",
    "HardwareWatchdog",
    "Control",
  ]],
  ["lengths of time", ["seconds", "minutes", "hours", "Millis"]],
];

/** Types that the compiler needs, and nobody writes. */
export const unwritten: readonly string[] = [
  "After",
  "Bundle",
  "Exact",
  "JsonOnly",
  "Milestone",
  "NoDeps",
  "NoSuchSetting",
  "NotJson",
  "OneshotStop",
  "Optional",
  "Outputs",
  "System",
];

/**
 * The page denit.units(5).
 *
 * @throws {Error} If the documentation is of a version that is not known here.
 */
export function unitsPage(edition: Edition, documentation: Documentation): string {
  if (documentation.version !== 2) {
    throw new Error(
      `cannot read version ${documentation.version} of deno doc's output: adapt manual_units.ts`,
    );
  }
  const modules = Object.values(documentation.nodes);
  const symbols = new Map(modules.flatMap(({ symbols }) => symbols).map((symbol) => [symbol.name, symbol]));
  const placed = new Set([...LAYOUT.flatMap(([, names]) => names), ...unwritten]);
  const rest = [...symbols.keys()].filter((name) => !placed.has(name)).sort();
  const smallest = modules.flatMap(({ module_doc }) => module_doc === undefined ? [] : exampleOf(module_doc));
  return pageText([
    ...head({ ...edition, name: "denit.units", chapter: 5, purpose: "define the services of a system" }),
    ".Sh SYNOPSIS",
    ...smallest,
    ...section("description", prose(DESCRIPTION)),
    ...[...LAYOUT, ["more", rest] as const].flatMap(([title, names]) =>
      section(title, names.flatMap((name) => symbolText(symbols.get(name))))
    ),
    ...section(
      "files",
      tagged([
        [[".It Pa units/mod.ts"], prose("The module that is built, unless `--units` names another one.")],
      ]),
    ),
    ...section("see also", [".Xr initctl 1 ,", ".Xr init 8"]),
  ]);
}

function symbolText(symbol: DocSymbol | undefined): string[] {
  if (symbol === undefined) return [];
  const { name, declarations } = symbol;
  const [declaration] = declarations;
  if (declaration === undefined) return [];
  const { jsDoc = {}, def = {}, kind } = declaration;
  const parents = (def.extends ?? []).map(typeText).map((text) => text.replace(/<.*/, ""));
  const alias = kind === "typeAlias" && def.tsType !== undefined ? typeText(def.tsType) : "";
  const settings = (def.properties ?? []).filter(({ name }) => !name.startsWith("["));
  return [
    `.Ss ${argument(kind === "function" ? `${name}()` : name)}`,
    ...prose(jsDoc.doc ?? ""),
    ...parents.length === 0
      ? []
      : [".Pp", ...prose(`It also has all of ${parents.map((one) => `\`${one}\``).join(", ")}.`)],
    ...alias === "" || alias.includes("{ ... }") ? [] : [".Pp", ...prose(`It is \`${alias}\`.`)],
    ...callText(jsDoc.tags ?? []),
    ...tagged(settings.map(settingText)),
    ...exampleOf(jsDoc),
  ];
}

/** Parameters, result and exceptions of a function. */
function callText(tags: readonly DocTag[]): string[] {
  const items: [string[], string[]][] = [];
  for (const { kind, name = "", doc = "", tsType } of tags) {
    if (kind === "param") items.push([[`.It Ar ${argument(name)}`], prose(doc)]);
    if (kind === "return") items.push([[".It Em returns"], prose(doc)]);
    if (kind === "throws") {
      items.push([
        [`.It Em throws ${argument(tsType === undefined ? "Error" : typeText(tsType))}`],
        prose(doc),
      ]);
    }
  }
  return taggedInside(items);
}

function settingText({ name, optional, jsDoc, tsType }: DocProperty): [string[], string[]] {
  const type = tsType === undefined ? "" : typeText(tsType);
  const thrown = jsDoc?.tags?.find(({ kind }) => kind === "throws")?.doc;
  const example = jsDoc?.tags?.find(({ kind }) => kind === "example")?.doc?.trim().replace(/^`|`$/g, "");
  return [
    [`.It Cm ${argument(`${name}${optional === true ? "?" : ""}`)}:\\& Em ${argument(type)}`],
    [
      ...prose(jsDoc?.doc ?? ""),
      ...thrown === undefined ? [] : prose(`It throws ${thrown.replace(/^If /, "if ")}`),
      ...example === undefined ? [] : [".br", `Example: ${code(example)}`],
    ],
  ];
}

/** The first example, which may have a title before its code. */
function exampleOf({ tags = [] }: Doc): string[] {
  const text = tags.find(({ kind, doc = "" }) => kind === "example" && doc.includes("```ts"))?.doc ?? "";
  const shown = text.match(/^```ts\n([\s\S]*?)^```/m)?.[1];
  // What only makes the example test itself teaches nobody, nor does an import alone.
  const code = (shown ?? "").replace(/^if \(.*\) throw new Error\(.*\);\n/gm, "").trimEnd();
  return /^(import .*;\s*)?$/.test(code) ? [] : block(code);
}

const DESCRIPTION = `
A system is a TypeScript module that exports its services by name, and by default the system itself. It imports
everything from \`denit\`. The name of a service is that of its export in kebab case: \`webServer\` becomes
\`web-server\`. \`deno task check\` proves what can be proved before a boot, and names each fault with file, service and
setting; \`deno task dryrun\` shows what would start when; \`deno task build\` compiles the system into one init(8).

A service says what it depends on, what it runs, and how it tells that it is ready. Being ready yields a value, its
output, which \`run\` of those that depend on it receives under the name that they gave it in \`deps\`. All that is
written here is data or pure functions: init alone acts on it.

Every setting below is followed by its type; those with a question mark may be left out, and then have the default that
is told. Lengths of time are milliseconds, best written as \`seconds(2)\` or \`minutes(1)\`.`;
