import type { Command } from "../define/command.ts";
import type { KernelTask } from "../define/kernel_task.ts";
import { type Graph, type Node, nodeOf, type ServiceId } from "../graph/graph.ts";
import { selfPath } from "../kinds/script.ts";
import type { SpawnAttributes } from "../os/attributes.ts";
import type { Fd, FdMapping, Os, Pid, Pipe } from "../os/os.ts";
import type { Failure } from "../supervisor/mod.ts";
import { type Attempt, emptyAttempt, Output } from "./attempt.ts";
import { attributesOf } from "./attributes_of.ts";
import type { Containment, Part } from "./containment.ts";
import type { Habitat } from "./habitat.ts";
import { describe, makeCommand, type Order } from "./make_command.ts";
import { prepareFiles } from "./own_files.ts";
import { LISTEN_PID, noProvision, passDescriptors, type Provision } from "./passed_descriptors.ts";
import { RuntimeDirectories } from "./runtime_directories.ts";

/** How a process is started, beyond its command. */
interface Manner {
  /** The folder of its secrets. */
  readonly name: string;
  readonly fds: readonly FdMapping[];
  /** Gets what is to be closed when it has been started. */
  readonly ends: Fd[];
  readonly provision?: Provision;
  readonly cgroup?: string | null;
  readonly leavesGroup?: boolean;
}

/** The descriptor on which a TypeScript body hands over what it returns: its standard output is for its log. */
export const BODY_OUTPUT_FD = 3;

/** What a spawner needs. */
export interface SpawnerSettings {
  readonly os: Os;
  readonly habitat: Habitat;
  readonly graph: Graph;
  /** What a process of a service gets besides what its command says; it may throw an {@linkcode OsError}. */
  readonly provide: (node: Node) => Provision;
  readonly containment: Containment;
  /** Writes into the journal. */
  readonly note: (id: ServiceId, event: string, details: Readonly<Record<string, string>>) => void;
  /** Pipes into consumers that are there already, by the consumer's name. */
  readonly pipelines?: Readonly<Record<string, Pipe>> | undefined;
}

/** The folder of secrets of what is none of a service: no service has a colon in its name. */
const ALONE = ":probe";

/** Starts the processes of services. Nothing but the new process keeps the writing end of a pipe: its end is then seen. */
export class Spawner {
  /** The runtime directories of what it has started. */
  readonly directories: RuntimeDirectories;
  readonly #os: Os;
  readonly #habitat: Habitat;
  readonly #graph: Graph;
  /** Services that read what others print. */
  readonly #consumers: ReadonlySet<ServiceId>;
  readonly #provide: (node: Node) => Provision;
  readonly #containment: Containment;
  readonly #pipelines = new Map<ServiceId, Pipe>();

  constructor({ os, habitat, graph, provide, containment, note, pipelines = {} }: SpawnerSettings) {
    this.#provide = provide;
    this.#containment = containment;
    this.#os = os;
    this.#habitat = habitat;
    this.#graph = graph;
    this.directories = new RuntimeDirectories({ graph, files: habitat.files ?? null, note });
    this.#consumers = new Set(graph.nodes.flatMap(({ consumer }) => consumer ?? []));
    for (const [name, pipe] of Object.entries(pipelines)) this.#pipelines.set(graph.ids.get(name)!, pipe);
  }

  /** The pipes into consumers, by the consumer's name. */
  get pipelines(): Record<string, Pipe> {
    return Object.fromEntries(
      [...this.#pipelines].map(([id, pipe]) => [nodeOf(this.#graph, id).name, pipe]),
    );
  }

  /**
   * Starts a process of a service.
   *
   * @returns The attempt, its pipes not yet watched; or why there is none; or what is to be done without a process.
   */
  spawn(node: Node, order: Order): Attempt | Failure | KernelTask {
    const ends: Fd[] = [];
    const attempt = emptyAttempt(order.id, order.attempt);
    attempt.observed = order.undoes === null && node.kind === "longrun";
    try {
      const command = makeCommand(node, order);
      if ("kernel" in command) return command;
      const provision = attempt.observed ? this.#provide(node) : noProvision;
      const fds = this.#descriptors(node, order, attempt, ends);
      const leavesGroup = node.definition.ready?.pidFile !== undefined;
      this.directories.note(order.id, command);
      attempt.pid = this.#containment.start(
        order.id,
        "main",
        (cgroup) => this.#start(command, { name: node.name, fds, ends, provision, cgroup, leavesGroup }),
      );
      return attempt;
    } catch (error) {
      if (attempt.log !== null) this.#os.close(attempt.log);
      if (attempt.notification !== null) this.#os.close(attempt.notification);
      if (attempt.yielding !== null) this.#os.close(attempt.yielding.fd);
      return describe(error);
    } finally {
      for (const fd of ends) this.#os.close(fd);
    }
  }

  /**
   * Starts a process beside that of a service, or before or after it, with the same log.
   *
   * @throws {OsError} As `Os.spawn`.
   */
  spawnBeside(id: ServiceId, command: Command, part: Part, number = 0): Attempt {
    const attempt = emptyAttempt(id, number);
    const ends: Fd[] = [];
    try {
      const node = nodeOf(this.#graph, id);
      const log = this.#logOf(node, attempt, ends);
      const fds = [{ from: log, to: 1 }, { from: log, to: 2 }];
      this.directories.note(id, command);
      attempt.pid = this.#containment.start(
        id,
        part,
        (cgroup) => this.#start(command, { name: node.name, fds, ends, cgroup }),
      );
      return attempt;
    } catch (error) {
      if (attempt.log !== null) this.#os.close(attempt.log);
      throw error;
    } finally {
      for (const fd of ends) this.#os.close(fd);
    }
  }

  /** Starts a process that is none of a service and prints nowhere. @throws {OsError} As `Os.spawn`. */
  spawnAlone(command: Command): Pid {
    const ends: Fd[] = [];
    try {
      return this.#start(command, { name: ALONE, fds: [], ends });
    } finally {
      for (const fd of ends) this.#os.close(fd);
    }
  }

  #start(command: Command, manner: Manner): Pid {
    const { name, ends, provision = noProvision, cgroup = null, leavesGroup = false } = manner;
    const { env, cwd, self, accounts = null, files = null } = this.#habitat;
    const [program, ...rest] = command.argv;
    const argv: Command["argv"] = program === selfPath ? [...self, ...rest] : command.argv;
    const { passed } = provision;
    const given = passDescriptors(passed);
    const { attributes, env: personal } = attributesOf(command, accounts);
    const blob = (bytes: Uint8Array) => this.#os.blob(bytes);
    const own = prepareFiles(command, { files, blob, name, owner: ownerOf(attributes), ends });
    const fds = given.fds.length + own.fds.length === 0
      ? manner.fds
      : [...manner.fds, ...given.fds, ...own.fds];
    const mounted = own.mounts.length === 0
      ? attributes
      : { ...attributes, mounts: [...attributes?.mounts ?? [], ...own.mounts] };
    return this.#os.spawn({
      argv,
      env: {
        ...merge(env, { ...personal, ...own.env }, command.env),
        ...own.told,
        ...provision.env,
        ...given.env,
      },
      cwd: command.cwd ?? cwd ?? undefined,
      ...passed.length === 0 ? {} : { ownPid: LISTEN_PID },
      ...leavesGroup ? { leavesGroup } : {},
      fds,
      ...mounted === undefined && cgroup === null
        ? {}
        : { attributes: cgroup === null ? mounted ?? {} : { ...mounted, cgroup } },
    });
  }

  /** The descriptors of a process; those that only it needs are added to `ends`, to be closed after the spawn. */
  #descriptors(node: Node, order: Order, attempt: Attempt, ends: Fd[]): FdMapping[] {
    const { definition } = node;
    const log = this.#logOf(node, attempt, ends);
    const fds: FdMapping[] = [{ from: log, to: 1 }, { from: log, to: 2 }];
    const pipeline = this.#consumers.has(order.id) ? this.#pipeline(order.id) : null;
    if (pipeline !== null) fds.push({ from: pipeline.read, to: 0 });
    if (definition.body !== null) {
      const { inputs, undoes } = order;
      const text = JSON.stringify(undoes === null ? { inputs } : { inputs, output: undoes.output });
      const input = this.#os.blob(new TextEncoder().encode(text));
      ends.push(input);
      fds.push({ from: input, to: 0 });
    }
    if (order.undoes !== null) return fds;
    if (definition.output !== null) {
      const { read, write } = this.#os.pipe();
      ends.push(write);
      attempt.yielding = { fd: read, output: new Output() };
      if (definition.body !== null) fds.push({ from: write, to: BODY_OUTPUT_FD });
      else fds[0] = { from: write, to: 1 };
    }
    const fd = definition.ready?.fd ?? null;
    if (fd !== null) {
      const { read, write } = this.#os.pipe();
      ends.push(write);
      attempt.notification = read;
      fds.push({ from: write, to: fd });
    }
    return fds;
  }

  /** Where a process prints: into the consumer of its service, or a pipe of its own. */
  #logOf({ consumer }: Node, attempt: Attempt, ends: Fd[]): Fd {
    if (consumer !== undefined) return this.#pipeline(consumer).write;
    const { read, write } = this.#os.pipe();
    ends.push(write);
    attempt.log = read;
    return write;
  }

  /** The pipe into a consumer. We keep both ends, so that it outlives whoever writes or reads. */
  #pipeline(consumer: ServiceId): Pipe {
    const pipe = this.#pipelines.get(consumer) ?? this.#os.pipe();
    this.#pipelines.set(consumer, pipe);
    return pipe;
  }

  /**
   * Lets a consumer see the end of its input, if no live process prints into it.
   *
   * @returns Whether it will.
   */
  endInput(consumer: ServiceId, live: Iterable<Attempt>): boolean {
    const pipe = this.#pipelines.get(consumer);
    if (pipe === undefined) return false;
    for (const { id } of live) if (nodeOf(this.#graph, id).consumer === consumer) return false;
    this.#pipelines.delete(consumer);
    this.#os.close(pipe.write);
    this.#os.close(pipe.read);
    return true;
  }
}

function ownerOf({ uid, gid }: SpawnAttributes = {}): Pick<SpawnAttributes, "uid" | "gid"> {
  return { ...uid === undefined ? {} : { uid }, ...gid === undefined ? {} : { gid } };
}

function merge(
  env: Readonly<Record<string, string>>,
  personal: Readonly<Record<string, string>>,
  own: Command["env"] = {},
): Record<string, string> {
  const merged = { ...env, ...personal };
  for (const [name, text] of Object.entries(own)) {
    if (text === undefined) delete merged[name];
    else merged[name] = text;
  }
  return merged;
}
