import { noHooks } from "../define/hooks.ts";
import type { Definition } from "../define/service.ts";
import { seconds } from "../define/time.ts";
import { type Graph, type Node, nodeOf, restCommand, type ServiceId } from "../graph/mod.ts";
import { noLogs } from "../log/mod.ts";
import { type Child, fakeOs, notifies, oneshot } from "../os/fake/mod.ts";
import { notificationFd } from "../readiness/mod.ts";
import { Driver } from "./driver.ts";
import { Journal } from "./journal.ts";

/** What a dry run has shown. */
export interface DryRun {
  /** Services in the order in which they were started. */
  readonly order: readonly ServiceId[];
  /** Those that started together, in the order of time. */
  readonly waves: readonly (readonly ServiceId[])[];
  /** Those that were stopped, in the order in which that was begun. */
  readonly stopOrder: readonly ServiceId[];
  /** Services that did not come up although the boot starts them, and why. */
  readonly faults: readonly { readonly id: ServiceId; readonly why: string }[];
}

/** How long every virtual process takes to be ready: what starts together then starts at the same time. */
const TICK = 1;
/** The descriptor by which virtual longruns tell that they are ready. */
const FD = 3;

/**
 * Boots a system, and shuts it down again, with the real driver on a virtual
 * kernel whose processes all do what they should. `run` of every service is
 * called, with `<name.field>` for what is not known at rest.
 */
export async function dryRun(graph: Graph): Promise<DryRun> {
  const rest = atRest(graph);
  const order: ServiceId[] = [];
  const stopOrder: ServiceId[] = [];
  const started = new Map<number, ServiceId[]>();
  const os = fakeOs({
    behave: ({ argv }) => child(nodeOf(graph, Number(argv[1]))),
    descriptors: 4 * graph.nodes.length + 64,
  });
  const faults: { id: ServiceId; why: string }[] = [];
  const unsettled = new Set(graph.boot);
  const driver: Driver = new Driver({
    graph: rest,
    os,
    prober: () => Promise.resolve(null),
    habitat: { env: {}, cwd: null, self: ["init"] },
    journal: new Journal(rest, () => {}),
    logs: noLogs,
    alarm: { due: () => null, ring() {} },
    onFault(error) {
      throw error;
    },
    onSignal() {},
    onPhase(id, phase, why, now) {
      if (phase.phase === "starting") {
        order.push(id);
        const wave = started.get(now);
        if (wave === undefined) started.set(now, [id]);
        else wave.push(id);
      } else if (phase.phase === "stopping") {
        stopOrder.push(id);
      } else if (driver.state.ending === null && (phase.phase === "down" || phase.phase === "backoff")) {
        const failure = why?.reason === "failed" && why.failure.type === "spawn"
          ? why.failure.message
          : why?.reason;
        faults.push({ id, why: failure ?? "" });
      }
      const through = phase.phase === "up" || phase.phase === "down" || phase.phase === "backoff";
      if (!through || !unsettled.delete(id) || unsettled.size > 0) return;
      driver.post({ type: "shutdown", power: "exit" });
    },
  });
  for (const id of graph.boot) driver.post({ type: "start", id });
  if (graph.boot.length === 0) driver.post({ type: "shutdown", power: "exit" });
  await driver.run();
  driver.dispose();
  return { order, waves: [...started.values()], stopOrder, faults };
}

function child(node: Node): Child {
  return node.kind === "oneshot" ? oneshot({ after: TICK }) : notifies(FD, TICK);
}

/** The same graph with services that can be started on a virtual kernel, where no program exists. */
function atRest(graph: Graph): Graph {
  return {
    ...graph,
    nodes: graph.nodes.map((node) => ({ ...node, definition: definitionAtRest(graph, node) })),
  };
}

function definitionAtRest(graph: Graph, node: Node): Definition {
  const { definition, name, id } = node;
  const output = `<${name}>`;
  const parser = { expects: "", parse: () => output };
  const { inInit: _, ...rest } = definition;
  return {
    ...rest,
    body: null,
    hooks: noHooks,
    run: () => {
      restCommand(graph, node);
      return { argv: [name, String(id)] };
    },
    undo: definition.undo === null ? null : () => ({ argv: [name, String(id)] }),
    ready: definition.ready === null ? null : notificationFd(FD, { parse: parser, timeout: seconds(60) }),
    output: definition.output === null ? null : parser,
  };
}
