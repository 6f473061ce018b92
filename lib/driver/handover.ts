import { type Graph, nodeOf } from "../graph/graph.ts";
import type { Fd, Pid, Pipe } from "../os/os.ts";
import type { State } from "../supervisor/mod.ts";
import { type Attempt, emptyAttempt } from "./attempt.ts";
import type { LeftMailbox } from "./mailbox.ts";
import type { LeftSocket } from "./sockets.ts";

/** A live process of a service, as one driver leaves it to the next. */
export interface LeftProcess {
  readonly service: string;
  readonly attempt: number;
  readonly pid: Pid;
  /** The reading end of its log pipe, if it has one. */
  readonly log: Fd | null;
}

/** All that runs, as one driver leaves it to the next: plain data, but for the descriptors, which have to stay open. */
export interface LeftBehind {
  readonly processes: readonly LeftProcess[];
  /** The pipes into consumers, by the consumer's name: with what nobody has read yet. */
  readonly pipelines: Readonly<Record<string, Pipe>>;
  /** The mailboxes of services, by the names of these, with the descriptors that are kept for them. */
  readonly mailboxes?: Readonly<Record<string, LeftMailbox>>;
  /** The sockets of services, by the names of these. */
  readonly sockets?: Readonly<Record<string, readonly LeftSocket[]>>;
  /** The runtime directories of services, by the names of these. */
  readonly directories?: Readonly<Record<string, readonly string[]>>;
}

/** What a driver begins with instead of nothing. */
export interface Inheritance extends LeftBehind {
  readonly state: State;
}

/** Every descriptor of what was left behind. */
export function descriptorsOf(
  { processes, pipelines, mailboxes = {}, sockets = {} }: LeftBehind,
): readonly Fd[] {
  const logs = processes.flatMap(({ log }) => log ?? []);
  const posted = Object.values(mailboxes).flatMap(({ fd, kept }) => [fd, ...kept.map((each) => each.fd)]);
  const listening = Object.values(sockets).flatMap((held) => held.map(({ fd }) => fd));
  return [
    ...logs,
    ...posted,
    ...listening,
    ...Object.values(pipelines).flatMap(({ read, write }) => [read, write]),
  ];
}

/** Describes processes for the next driver. */
export function leaveProcesses(graph: Graph, attempts: Iterable<Attempt>): LeftProcess[] {
  return [...attempts].map(({ id, attempt, pid, log }) => ({
    service: nodeOf(graph, id).name,
    attempt,
    pid,
    log,
  }));
}

/** The attempts of processes that were left to this driver: they are up, or hang; nothing is to be found out of them. */
export function takeProcesses(graph: Graph, state: State, processes: readonly LeftProcess[]): Attempt[] {
  return processes.map(({ service, attempt, pid, log }) => {
    const taken = emptyAttempt(graph.ids.get(service)!, attempt);
    taken.pid = pid;
    taken.log = log;
    // It hangs in the kernel if it is none that is up: that nobody knows how the one before it ended is no loss.
    const { phase } = state.services[taken.id]!;
    if (phase.phase === "stopping" && phase.process === "after") taken.stage = "after";
    return taken;
  });
}
