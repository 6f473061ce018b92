import { assertEquals } from "@std/assert";
import { renderGraph } from "./ctl_graph.ts";
import {
  type GraphAnswer,
  painter,
  renderChain,
  renderEvent,
  renderFault,
  renderList,
  renderPlan,
  renderResult,
  renderTree,
  type ServiceStatus,
  type Status,
} from "./ctl_render.ts";

const service = (name: string, more: Partial<ServiceStatus> = {}): ServiceStatus => ({
  name,
  kind: "longrun",
  wanted: "up",
  phase: "up",
  ready: true,
  pid: 7,
  sinceNs: 2e9,
  restarts: 0,
  why: null,
  output: null,
  pinned: null,
  ...more,
});
const down = { wanted: "down", phase: "down", ready: false, pid: null, sinceNs: 0 } as const;

const status: Status = {
  generation: "g1",
  pid: 1,
  nowNs: 63e9,
  boot: { state: "ok", startedNs: 1e9, finishedNs: 3e9 },
  ending: null,
  services: [
    service("disk", { kind: "oneshot", pid: null }),
    service("db", { restarts: 1, sinceNs: 62e9 }),
    service("debug", { ...down, why: { text: "nobody has asked for it" } }),
    service("web", { phase: "backoff", pid: null, why: { text: "exit code 1" }, pinned: "up" }),
  ],
};
const graph: GraphAnswer = {
  services: [
    { name: "disk", kind: "oneshot", dependencies: [] },
    { name: "db", kind: "longrun", dependencies: [{ name: "disk", kind: "need" }] },
    { name: "debug", kind: "longrun", dependencies: [{ name: "disk", kind: "need" }] },
    {
      name: "web",
      kind: "longrun",
      dependencies: [{ name: "db", kind: "need" }, { name: "disk", kind: "optional" }],
    },
  ],
  bundles: {},
  boot: ["web"],
};
const plain = painter(false);

Deno.test("renderTree() shows each service once, below what is wanted first, and says where it stands", () => {
  assertEquals(renderTree(status, graph, plain).split("\n"), [
    "generation g1, pid 1, boot ok in 2.000 s",
    "web         backoff     61.0 s  pinned up  exit code 1",
    "├─ db       up         1.000 s  pid 7  1 restart",
    "│  └─ disk  done        61.0 s",
    "└─ disk     as above",
    "debug       down                nobody has asked for it",
    "└─ disk     as above",
  ]);
});

Deno.test("renderList() shows services one a line, and painter() colours what it is told to", () => {
  assertEquals(renderList(status, plain).split("\n")[1], "db        up         1.000 s  pid 7  1 restart");
  assertEquals(renderList(status, painter(true)).split("\n")[3]!.includes("\x1b[31mbackoff \x1b[0m"), true);
  assertEquals(painter(true)("x", "good"), "\x1b[32mx\x1b[0m");
});

Deno.test("renderFault() shows the chain to the first cause, what it printed, what differs, and what to do", () => {
  const chain = [
    { service: "web", phase: "down", text: "is down: db is not there", why: null, logs: [] },
    { service: "db", phase: "down", text: "is down: exit code 3", why: null, logs: ["no table"] },
  ];
  assertEquals(
    renderFault({
      code: "failed",
      message: "cannot start web: db is down",
      cure: "see",
      chain,
      differs: { db: "is down" },
    }).split("\n"),
    [
      "cannot start web: db is down",
      "  web is down: db is not there",
      "    db is down: exit code 3",
      "      it printed last:",
      "        no table",
      "  otherwise than it should be:",
      "    db is down",
      "    see",
    ],
  );
  assertEquals(renderFault({ code: "unknown", message: "cannot", cure: "do" }), "cannot\n    do");
  assertEquals(renderChain(chain.slice(0, 1)), "  web is down: db is not there");
});

Deno.test("renderPlan() and renderResult() say what would happen, and what has", () => {
  const plan = { start: ["a", "b"], stop: [], obstacle: null };
  assertEquals(renderPlan(plan, true), "would stop: nothing\nwould start: a, b");
  assertEquals(renderPlan(plan, false), "stops: nothing\nstarts: a, b");
  const result = { up: ["a"], down: ["b"], notes: ["b is down: stopped; not cleanly: exit code 1"] };
  assertEquals(
    renderResult("stop", result),
    "a is up\nb is down\nb is down: stopped; not cleanly: exit code 1\n",
  );
  assertEquals(renderResult("change", result), "done\n");
  assertEquals(renderResult("unpin", {}), "");
});

Deno.test("renderEvent() is one line, however much there is to an entry", () => {
  assertEquals(
    renderEvent({ seq: 3, t: 1_500_000_000, event: "up", service: "web", attempt: 1 }),
    '     3 [    1.500] web up {"attempt":1}',
  );
  assertEquals(renderEvent({ seq: 4, t: 0, event: "boot", x: "y".repeat(999) }).length < 260, true);
});

Deno.test("renderGraph() draws every edge in every format", () => {
  assertEquals(renderGraph(graph, status, "text").split("\n")[3], "web -> db, disk (optional)");
  const dot = renderGraph(graph, status, "dot");
  assertEquals(dot.includes('  "web" -> "disk" [style=dashed, label="optional"];'), true);
  assertEquals(dot.includes('  "web" [color=red];'), true);
  const mermaid = renderGraph(graph, status, "mermaid").split("\n");
  assertEquals([mermaid[0], mermaid.includes("  n3 -. optional .-> n0"), mermaid.includes("  n3 --> n1")], [
    "graph RL",
    true,
    true,
  ]);
});

Deno.test("renderList() shows what a service says of itself, and what there is to say of that", () => {
  const web = service("web", { status: "three clients", notes: ["refused 1: MAINPID=1: no"] });
  const [line] = renderList({ ...status, services: [web] }, plain).split("\n");
  assertEquals(line, 'web       up          61.0 s  pid 7  "three clients"  refused 1: MAINPID=1: no');
});
