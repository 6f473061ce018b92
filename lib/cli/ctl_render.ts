/** What init answers, for people. */
import type { Cause, Fault, Reply } from "../control/reply.ts";
import type { Json } from "../define/json.ts";
import type { Usage } from "../driver/mod.ts";

/** What `status` answers. */
export interface Status {
  readonly generation: string;
  readonly pid: number;
  readonly nowNs: number;
  readonly boot: { readonly state: string; readonly startedNs: number; readonly finishedNs: number | null };
  readonly ending: { readonly power: string; readonly hurry: boolean } | null;
  readonly services: readonly ServiceStatus[];
}

/** One service of {@linkcode Status}. */
export interface ServiceStatus {
  readonly name: string;
  readonly kind: string;
  readonly wanted: "up" | "down";
  readonly phase: string;
  readonly ready: boolean;
  readonly pid: number | null;
  readonly sinceNs: number;
  readonly restarts: number;
  readonly why: { readonly text: string } | null;
  readonly output: unknown;
  readonly pinned: "up" | "down" | null;
  /** What it says of itself, and what there is to say of that; an init of before may not know of either. */
  readonly status?: string | null;
  readonly notes?: readonly string[];
  /** When a timer runs next. */
  readonly nextRun?: string | null;
  /** How the last attempt that failed did so, and when. */
  readonly lastFailure?: { readonly text: string; readonly atNs: number } | null;
  /** What init holds open for it. */
  readonly sockets?: readonly string[];
  /** Where it was asked for, and somebody counts. */
  readonly usage?: Usage | null;
}

/** What `graph` answers. */
export interface GraphAnswer {
  readonly services: readonly {
    readonly name: string;
    readonly kind: string;
    readonly verbs?: readonly string[];
    readonly dependencies: readonly { readonly name: string; readonly kind: string }[];
  }[];
  readonly bundles: Readonly<Record<string, readonly string[]>>;
  readonly boot: readonly string[];
}

/** What `why` answers. */
export interface WhyAnswer {
  readonly up: boolean;
  readonly chain: readonly Cause[];
}

/** Colours by what they mean; without a terminal there are none. */
export type Paint = (text: string, meaning: "good" | "busy" | "bad" | "faint") => string;

const sgr = { good: 32, busy: 33, bad: 31, faint: 2 } as const;

/** Colours where somebody sees them. */
export function painter(colours: boolean): Paint {
  return (text, meaning) => colours ? `\x1b[${sgr[meaning]}m${text}\x1b[0m` : text;
}

/** All services as a tree: whoever nobody depends on at the left, and below it what it depends on, each once. */
export function renderTree(status: Status, graph: GraphAnswer, paint: Paint): string {
  const known = new Map(status.services.map((service) => [service.name, service]));
  const edges = new Map(graph.services.map(({ name, dependencies }) => [name, dependencies]));
  const needed = new Set(graph.services.flatMap(({ dependencies }) => dependencies.map(({ name }) => name)));
  const rows: { tree: string; name: string; again: boolean }[] = [];
  const shown = new Set<string>();
  const place = (name: string, own: string, below: string) => {
    const again = shown.has(name);
    rows.push({ tree: own, name, again });
    if (again) return;
    shown.add(name);
    const dependencies = edges.get(name) ?? [];
    for (const [index, edge] of dependencies.entries()) {
      const last = index === dependencies.length - 1;
      place(edge.name, `${below}${last ? "└─ " : "├─ "}`, `${below}${last ? "   " : "│  "}`);
    }
  };
  const roots = graph.services.map(({ name }) => name).filter((name) => !needed.has(name));
  // What is wanted comes first, so that what it depends on stands below it.
  const isWanted = (name: string) => known.get(name)?.wanted === "up";
  for (const name of [...roots.filter(isWanted), ...roots.filter((name) => !isWanted(name))]) {
    place(name, "", "");
  }
  const width = Math.max(8, ...rows.map(({ tree, name }) => tree.length + name.length));
  const lines = rows.map(({ tree, name, again }) => {
    const label = (tree === "" ? "" : paint(tree, "faint")) + name +
      " ".repeat(width - tree.length - name.length);
    const service = known.get(name);
    if (service === undefined) return label;
    return again
      ? `${label}  ${paint("as above", "faint")}`
      : `${label}  ${renderService(service, status, paint)}`;
  });
  return [renderHead(status, paint), ...lines].join("\n");
}

/** Services one a line. */
export function renderList(status: Status, paint: Paint): string {
  const width = Math.max(8, ...status.services.map(({ name }) => name.length));
  const lines = status.services.map((service) =>
    `${service.name.padEnd(width)}  ${renderService(service, status, paint)}`
  );
  return lines.join("\n");
}

function renderHead({ generation, pid, boot, ending, nowNs }: Status, paint: Paint): string {
  const end = boot.finishedNs ?? nowNs;
  const took = `${boot.finishedNs === null ? "for" : "in"} ${age(end - boot.startedNs)}`;
  const meaning = boot.state === "ok" ? "good" : boot.state === "booting" ? "busy" : "bad";
  const last = ending === null ? "" : `, ${paint(`shutting down for ${ending.power}`, "bad")}`;
  return `generation ${generation}, pid ${pid}, boot ${paint(boot.state, meaning)} ${took}${last}`;
}

function renderService(service: ServiceStatus, { nowNs, boot }: Status, paint: Paint): string {
  const {
    phase,
    kind,
    wanted,
    pid,
    restarts,
    why,
    pinned,
    status = null,
    notes = [],
    usage = null,
    sockets = [],
    nextRun = null,
    lastFailure = null,
  } = service;
  const waiting = phase === "up" && kind === "longrun" && pid === null;
  const armed = waiting || phase === "up" && nextRun !== null;
  const word = armed ? "armed" : phase === "up" && kind === "oneshot" ? "done" : phase;
  const failed = wanted === "up" && phase === "backoff" ||
    phase === "down" && why !== null && "failure" in why;
  const meaning = failed ? "bad" : phase === "up" ? "good" : phase === "down" ? "faint" : "busy";
  const parts = [
    paint(word.padEnd(8), meaning),
    // Whoever has never done anything has done so since before the boot.
    (service.sinceNs < boot.startedNs ? "" : age(nowNs - service.sinceNs)).padStart(8),
    ...pid === null ? [] : [`pid ${pid}`],
    ...restarts === 0 ? [] : [`${restarts} restart${restarts === 1 ? "" : "s"}`],
    ...pinned === null ? [] : [`pinned ${pinned}`],
    ...why === null ? [] : [why.text],
    ...waiting ? [`waits for a connection to ${sockets.join(", ")}`] : [],
    ...nextRun === null ? [] : [`runs next at ${nextRun.replace("T", " ").replace("Z", " UTC")}`],
    ...nextRun === null || lastFailure === null
      ? []
      : [`failed ${age(nowNs - lastFailure.atNs)} ago: ${lastFailure.text}`],
    ...status === null ? [] : [`"${status}"`],
    ...notes,
    ...usage === null ? [] : usageTexts(usage),
  ];
  return parts.join("  ");
}

/** What a service uses, without what nobody counts. */
function usageTexts({ memory, memoryPeak, cpuMicros, processes, pressure }: Usage): string[] {
  const peak = memoryPeak === null ? "" : ` (at most ${size(memoryPeak)})`;
  const waits = Object.entries(pressure).filter(([, part]) => part !== null && part > 0);
  return [
    ...memory === null ? [] : [`${size(memory)}${peak}`],
    ...cpuMicros === null ? [] : [`cpu ${age(cpuMicros * 1000)}`],
    ...processes === null ? [] : [`${processes} process${processes === 1 ? "" : "es"}`],
    ...waits.map(([what, part]) => `waits for ${what} ${part} %`),
  ];
}

function size(bytes: number): string {
  const MEBIBYTE = 1024 * 1024;
  return bytes < MEBIBYTE ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
}

/** What is wrong, with the chain to the first cause, and what to do. */
export function renderFault({ message, cure, chain = [], differs = {} }: Fault): string {
  const others = Object.entries(differs).map(([name, text]) => `    ${name} ${text}`);
  return [
    message,
    ...chain.length > 1 || (chain[0]?.logs.length ?? 0) > 0 ? [renderChain(chain)] : [],
    ...others.length === 0 ? [] : ["  otherwise than it should be:", ...others],
    `    ${cure}`,
  ].join("\n");
}

/** A chain to the first cause: each line is the reason for the one above. */
export function renderChain(chain: readonly Cause[]): string {
  return chain.flatMap(({ service, text, logs }, depth) => {
    const indent = "  ".repeat(depth + 1);
    const printed = logs.length === 0
      ? []
      : [`${indent}  it printed last:`, ...logs.map((line) => `${indent}    ${line}`)];
    return [`${indent}${service} ${text}`, ...printed];
  }).join("\n");
}

/** What a change would do. */
export function renderPlan(plan: Json, would: boolean): string {
  const lists = ([["stop", "stops"], ["start", "starts"]] as const).map(([key, now]) => {
    const names = textsIn(plan, key);
    return `${would ? `would ${key}` : now}: ${names.length === 0 ? "nothing" : names.join(", ")}`;
  });
  return lists.join("\n");
}

/** The outcome of a change, a line each; empty where there is nothing to tell. */
export function renderResult(verb: string, result: Json): string {
  const lines = [
    ...textsIn(result, "up").map((name) => `${name} is up`),
    ...textsIn(result, "down").map((name) => `${name} is down`),
    ...textsIn(result, "kept").map((name) => `${name} stays up: something needs it`),
    ...textsIn(result, "notes"),
  ];
  // A whole set is not told again, one by one.
  const told = verb === "change" ? ["done"] : lines;
  return told.map((line) => `${line}\n`).join("");
}

function textsIn(value: Json, key: string): string[] {
  if (typeof value !== "object" || value === null || !(key in value)) return [];
  const found: unknown = Reflect.get(value, key);
  return Array.isArray(found) ? found.map(String) : [];
}

/** An entry of the journal as a line. */
export function renderEvent(
  { seq, t, event, service, ...details }: Readonly<Record<string, unknown>>,
): string {
  const rest = Object.keys(details).length === 0 ? "" : ` ${JSON.stringify(details)}`;
  const short = rest.length > 200 ? `${rest.slice(0, 200)}…` : rest;
  return `${String(seq).padStart(6)} [${(Number(t) / 1e9).toFixed(3).padStart(9)}] ${
    service ?? "-"
  } ${event}${short}`;
}

function age(nanoseconds: number): string {
  const seconds = nanoseconds / 1e9;
  if (seconds < 120) return `${seconds.toFixed(seconds < 10 ? 3 : 1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
}

/** That a reader was too slow, in words. */
export function lostText({ what, count }: Extract<Reply, { lost: unknown }>["lost"]): string {
  return `(${count} ${what === "events" ? "events" : "bytes"} are lost: this reader was too slow)`;
}
