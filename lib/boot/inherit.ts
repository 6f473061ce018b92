import type { Inheritance } from "../driver/mod.ts";
import { diffSystems } from "../graph/diff.ts";
import { type Graph, nodeOf, type ServiceId } from "../graph/graph.ts";
import type { Os } from "../os/os.ts";
import { carryState } from "../supervisor/mod.ts";
import type { Handover } from "./switch_init.ts";

/** What of a handover goes on under this graph. What cannot was to be down before; if it is not, it is killed. */
export function inherit(graph: Graph, handover: Handover, os: Os): Inheritance {
  const { restarted } = diffSystems(handover.portraits, graph);
  const kept = (name: string) => graph.ids.has(name) && !Object.hasOwn(restarted, name);
  const { processes, pipelines, mailboxes = {}, sockets = {} } = handover;
  for (const { service, pid } of processes) if (!kept(service)) os.kill(pid, "SIGKILL", "group");
  const goesOn = ([name]: [string, unknown]) =>
    kept(name) && graph.nodes[graph.ids.get(name)!]!.definition.ready?.mailbox !== undefined;
  for (const entry of Object.entries(mailboxes)) {
    if (!goesOn(entry)) {
      for (const fd of [entry[1].fd, ...entry[1].kept.map((each) => each.fd)]) os.close(fd);
    }
  }
  return {
    state: carryState(graph, handover.state, kept),
    processes: processes.filter(({ service }) => kept(service)),
    pipelines: Object.fromEntries(Object.entries(pipelines).filter(([name]) => kept(name))),
    mailboxes: Object.fromEntries(Object.entries(mailboxes).filter(goesOn)),
    sockets,
  };
}

/** What is started after a switch: what was asked for before, and what the boot of this system has that the other's had not. */
export function startsAfter(graph: Graph, { asked, boot }: Handover): readonly ServiceId[] {
  const fresh = graph.boot.filter((id) => !boot.includes(nodeOf(graph, id).name));
  return [...new Set([...asked.flatMap((name) => graph.ids.get(name) ?? []), ...fresh])];
}
