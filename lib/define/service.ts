import type { Command } from "./command.ts";
import type { Deps, NoDeps, Outputs } from "./dependency.ts";
import type { Exact } from "./exact.ts";
import { type Hooks, hooksOf, type LongrunHooks, type LongrunStop } from "./hooks.ts";
import type { Parser } from "./json.ts";
import type { KernelTask } from "./kernel_task.ts";
import type { Log } from "./log.ts";
import type { Claims, Restart, Stop } from "./policy.ts";
import type { Readiness } from "./readiness.ts";
import type { Resources } from "./resources.ts";
import { socketLabel, type Sockets, type SocketSettings } from "./sockets.ts";
import type { Millis } from "./time.ts";
import { scheduleLabel, type Trigger } from "./trigger.ts";

/** The two kinds that everything else lowers to: a process that stays, and one that ends. */
export type Kind = "longrun" | "oneshot";

/** Where {@linkcode Definition}s are kept: out of the way of completion. */
export const definition = Symbol("denit.definition");
declare const yields: unique symbol;

/**
 * A service: something that can be up or down. Its name is the name it is
 * exported under in `units/mod.ts`, in kebab case. `O` is the type of the
 * output that its readiness yields to the services that depend on it.
 */
export interface Service<out O = unknown> {
  readonly kind: Kind;
  readonly [definition]: Definition;
  readonly [yields]?: O;
}

/** A body in TypeScript that runs in a child process of the init binary. */
export interface Body {
  readonly run: (outputs: Record<string, unknown>) => unknown;
  readonly undo: ((outputs: Record<string, unknown>, output: unknown) => unknown) | null;
}

/** A service as the rest of Denit sees it: any kind, lowered, types erased. */
export interface Definition {
  readonly kind: Kind;
  readonly description: string;
  readonly deps: Deps;
  readonly run: (outputs: Record<string, unknown>) => Command | KernelTask;
  readonly undo: ((outputs: Record<string, unknown>, output: unknown) => Command | KernelTask) | null;
  /** Whether init does it itself: only then do `run` and `undo` return tasks of the kernel instead of commands. */
  readonly inInit?: true;
  /** The TypeScript body; `run` and `undo` then only say how to start this binary for it. */
  readonly body: Body | null;
  readonly ready: Readiness | null;
  readonly hooks: Hooks;
  readonly output: Parser<unknown> | null;
  readonly timeout: Millis | undefined;
  readonly restart: Restart;
  readonly stop: Stop;
  readonly claims: Claims;
  readonly log: Log;
  readonly resources?: Resources;
  /** What init opens for it. Default: nothing. */
  readonly sockets?: Sockets;
  /** What starts its process. Default: its own start does. */
  readonly trigger?: Trigger;
  /** Made where the service was defined; its stack tells the file and line. */
  readonly defined: Error;
}

/** Settings that every kind of service has. */
export interface Settings<D extends Deps> {
  /**
   * One line for people, shown by `status` and `dryrun`. Default: none.
   *
   * @example `"gossip and CRDT agent"`
   */
  readonly description?: string;
  /**
   * The services this one depends on, each under the name that `run` knows it
   * by. A plain service is needed; `optional`, `milestone` and `after` wrap
   * the weaker kinds. Default: none.
   *
   * @example `{ wireguard, dns: optional(resolver) }`
   */
  readonly deps?: D;
  /**
   * Whether and when the process is started again. Default: a longrun always, a oneshot never.
   *
   * @example `{ on: "on-failure", delay: seconds(1), giveUp: { after: 5 } }`
   */
  readonly restart?: Restart;
  /**
   * How the process is asked to end. Default: SIGTERM, and SIGKILL after 10 s.
   *
   * @example `{ signal: "SIGQUIT", timeout: seconds(20) }`
   */
  readonly stop?: Stop;
  /**
   * What only this service may have; two claims of one thing fail `check`. Default: nothing but what its probe names.
   *
   * @example `{ ports: [53, "53/udp"], stateDirectories: ["/persist/dns"] }`
   */
  readonly claims?: Claims;
  /**
   * Where what it prints goes. Default: into a file, each line with the time, at most 1 MiB and three older files of that size.
   *
   * @example `{ maxSize: "16M", keep: 9, sync: "rotate" }`
   */
  readonly log?: Log;
  /**
   * What its processes together may use, but for those of hooks that run beside the main one. Default: no limit.
   *
   * @example `{ memoryMax: "512M", pidsMax: 100, cpuMax: 0.5 }`
   */
  readonly resources?: Resources;
}

/** A process that stays: up from its readiness until it ends. */
// deno-lint-ignore denit/two-type-parameters -- Exact tells why
export interface Longrun<D extends Deps, O, C extends Command = Command>
  extends Settings<D>, LongrunHooks<D>, SocketSettings<O> {
  /** `longrun` is the default kind; `"oneshot"` is the other. */
  readonly kind?: "longrun";
  /**
   * The process to start, given the outputs of `deps`. Called in PID 1: it
   * must be synchronous and without effects. An exception is a failed start.
   *
   * @example `({ wireguard }) => ({ argv: ["/usr/bin/agent", "--iface", wireguard.iface] })`
   */
  readonly run: (outputs: Outputs<D>) => C & Exact<C>;
  /**
   * How it tells that it is ready, how long that may take, and what output it then yields.
   *
   * @example `notificationFd(3, { parse: json<{ ipc: string }>(), timeout: seconds(60) })`
   */
  readonly ready: Readiness<O>;
  /**
   * How the process is asked to end: by a signal or a command. Default: SIGTERM, and SIGKILL after 10 s.
   *
   * @example `{ command: () => ({ argv: ["/usr/sbin/haproxy-drain"] }), timeout: seconds(60) }`
   */
  readonly stop?: LongrunStop<D>;
}

/** A process that ends: up once it has ended with exit code 0. */
// deno-lint-ignore denit/two-type-parameters -- Exact tells why
export interface Oneshot<D extends Deps, O, C extends Command = Command, U extends Command = Command>
  extends Settings<D> {
  /** A oneshot has to say so: the default is `"longrun"`. */
  readonly kind: "oneshot";
  /**
   * The process that brings it up, given the outputs of `deps`. Called in
   * PID 1: it must be synchronous and without effects.
   *
   * @example `() => ({ argv: ["/bin/mount", "/persist"] })`
   */
  readonly run: (outputs: Outputs<D>) => C & Exact<C>;
  /**
   * A process that runs to its end before that of `run`, given the same outputs. If it ends with anything but exit code
   * 0, `run` is not called. The time that `timeout` allows is for both. Default: none.
   *
   * @example `() => ({ argv: ["/sbin/fsck", "-p", "LABEL=persist"] })`
   */
  readonly before?: (outputs: Outputs<D>) => Command;
  /**
   * The process that takes it down again, given the same outputs and its own.
   * Default: going down takes nothing.
   *
   * @example `() => ({ argv: ["/bin/umount", "/persist"] })`
   */
  readonly undo?: (outputs: Outputs<D>, output: O) => U & Exact<U>;
  /**
   * What its standard output means; at most 1 MiB. Default: no output, and what it prints goes to its log.
   *
   * @example `json<{ device: string }>()`
   */
  readonly output?: Parser<O>;
  /**
   * Longest time that `run`'s process, and `undo`'s, may take. Default: 60 s.
   *
   * @example `minutes(5)`
   */
  readonly timeout?: Millis;
  /**
   * How the process is asked to end: it only has to when it is stopped before it is done. Default: SIGTERM, and SIGKILL
   * after 10 s.
   *
   * @example `{ signal: "SIGINT", timeout: seconds(3) }`
   */
  readonly stop?: OneshotStop;
  /** Not for a oneshot, which is ready once its process has ended with exit code 0. The type is the message. */
  readonly ready?: "a oneshot has no readiness: it is ready once its process has ended with exit code 0";
}

/** How a oneshot is asked to end: as {@linkcode Stop} says. */
export interface OneshotStop extends Stop {
  /** Not for a oneshot: what takes it down is `undo`. The type is the message. */
  readonly command?: "a oneshot is stopped by a signal while it runs, and by its undo when it is done";
}

/**
 * Defines a service: a longrun, or with `kind: "oneshot"` a oneshot.
 *
 * @example A daemon that needs another's output
 * ```ts
 * import { defineService, json, notificationFd, seconds } from "denit";
 *
 * export const wireguard = defineService({
 *   kind: "oneshot",
 *   run: () => ({ argv: ["/usr/lib/fortros/wireguard-up", "wg0"] }),
 *   output: json<{ iface: string }>(),
 * });
 *
 * export const agent = defineService({
 *   description: "gossip agent",
 *   deps: { wireguard },
 *   run: ({ wireguard }) => ({ argv: ["/usr/bin/agent", "--iface", wireguard.iface] }),
 *   ready: notificationFd(3, { timeout: seconds(30) }),
 * });
 * if (agent.kind !== "longrun") throw new Error("longrun is the default kind");
 * ```
 *
 * @typeParam D The dependencies; inferred from `deps`.
 * @typeParam O The output; inferred from `ready` or `output`.
 * @typeParam C What `run` returns; inferred, so that a misspelt key in it is an error.
 * @typeParam U What `undo` returns, likewise.
 * @param settings What it depends on, what it runs, how it tells that it is ready.
 * @returns The service, to be exported, and named in the `deps` of others.
 */
// deno-lint-ignore denit/two-type-parameters -- Exact tells why
export function defineService<
  D extends Deps = NoDeps,
  O = null,
  C extends Command = Command,
  U extends Command = Command,
>(
  // Of members that fit equally badly TypeScript explains the last: a missing `ready` is worth more than a missing `kind`.
  settings: Oneshot<D, O, C, U> | Longrun<D, O, C>,
): Service<O> {
  const oneshot = settings.kind === "oneshot";
  return makeService({
    ...shared(settings),
    kind: oneshot ? "oneshot" : "longrun",
    run: settings.run as Definition["run"],
    undo: (oneshot ? settings.undo ?? null : null) as Definition["undo"],
    body: null,
    ready: oneshot ? null : settings.ready,
    hooks: hooksOf(oneshot ? { before: settings.before } : settings),
    output: oneshot ? settings.output ?? null : null,
    timeout: oneshot ? settings.timeout : undefined,
    ...oneshot || settings.sockets === undefined ? {} : { sockets: settings.sockets },
    ...!oneshot && settings.start === "on-connection" ? { trigger: { on: "connection" } } : {},
    defined: new Error("defined here"),
  });
}

/** The part of a definition that settings of every kind give alike. */
export function shared<D extends Deps>(
  settings: Settings<D>,
): Pick<Definition, "description" | "deps" | "restart" | "stop" | "claims" | "log" | "resources"> {
  return {
    description: settings.description ?? "",
    deps: settings.deps ?? {},
    restart: settings.restart ?? {},
    stop: settings.stop ?? {},
    claims: settings.claims ?? {},
    log: settings.log ?? {},
    ...settings.resources === undefined ? {} : { resources: settings.resources },
  };
}

/** How a service tells that it is up, for people: `notification fd 3`. */
export function readyLabel({ ready, inInit, trigger, sockets = {} }: Definition): string {
  if (trigger?.on === "time") return `armed, runs ${scheduleLabel(trigger.schedule)}`;
  if (trigger?.on === "connection") return `armed for ${Object.values(sockets).map(socketLabel).join(", ")}`;
  return ready?.label ?? (inInit === true ? "init itself" : "exit code 0");
}

/** Wraps a lowered definition as a service. */
export function makeService<O>(lowered: Definition): Service<O> {
  return { kind: lowered.kind, [definition]: lowered };
}

/** Whether a value is a service; by its definition, as a unit may hold any value. */
export function isService(value: unknown): value is Service {
  return typeof value === "object" && value !== null && definition in value;
}
