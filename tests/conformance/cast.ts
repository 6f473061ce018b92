import { after, type Deps, milestone, optional } from "../../lib/define/dependency.ts";
import { json } from "../../lib/define/json.ts";
import type { Restart, Stop } from "../../lib/define/policy.ts";
import { defineService, type Service } from "../../lib/define/service.ts";
import { defineBundle, defineSystem } from "../../lib/define/system.ts";
import { type Millis, seconds } from "../../lib/define/time.ts";
import { type Graph, resolve } from "../../lib/graph/mod.ts";
import { notificationFd } from "../../lib/readiness/mod.ts";
import { type Behaviour, daemon, work } from "./behaviour.ts";
import { commandOf } from "./shell.ts";

/** A service of a story. Names stand for services that come before it. */
export interface Role {
  /** Default: a longrun that says on fd 3 when it is ready. */
  readonly oneshot?: true;
  readonly needs?: readonly string[];
  readonly optional?: readonly string[];
  readonly milestone?: readonly string[];
  readonly after?: readonly string[];
  /** How its processes behave, one after the other; the last one stands for all that follow. Default: well. */
  readonly plays?: readonly Behaviour[];
  /** How the process that undoes it behaves. Default: there is none. */
  readonly undo?: Behaviour;
  /** The longest time until it is ready, or done. Default: 60 s. */
  readonly timeout?: Millis;
  readonly restart?: Restart;
  readonly stop?: Stop;
}

/** The services of a story by name. */
export type Cast = Readonly<Record<string, Role>>;

/** How the nth process of a role behaves. */
export function behaviourOf(role: Role, nth: number): Behaviour {
  const plays = role.plays ?? [];
  return plays[Math.min(nth, plays.length - 1)] ?? (role.oneshot ? work : daemon);
}

/** The cast as the graph of a system whose services are defined, and can be run, like any other. */
export function graphOfCast(cast: Cast): Graph {
  const services: Record<string, Service> = {};
  for (const [name, role] of Object.entries(cast)) services[name] = defineRole(role, services);
  const { graph, diagnostics } = resolve({
    ...services,
    default: defineSystem({ boot: defineBundle(Object.values(services)) }),
  });
  if (graph === null) throw new Error(diagnostics.map(({ cause }) => cause).join("\n"));
  return graph;
}

function defineRole(role: Role, services: Readonly<Record<string, Service>>): Service {
  const deps: Record<string, Deps[string]> = {};
  for (const name of role.needs ?? []) deps[name] = services[name]!;
  for (const name of role.optional ?? []) deps[name] = optional(services[name]!);
  for (const name of role.milestone ?? []) deps[name] = milestone(services[name]!);
  for (const name of role.after ?? []) deps[name] = after(services[name]!);
  const { restart = {}, stop = {}, timeout = seconds(60) } = role;
  let nth = 0;
  // A unit's `run` may not count; here it tells the processes of a service apart.
  const run = () => commandOf(behaviourOf(role, nth++), role.oneshot === true);
  if (role.oneshot !== true) {
    return defineService({ deps, run, restart, stop, ready: notificationFd(3, { parse: json(), timeout }) });
  }
  const { undo } = role;
  const undoing = undo === undefined ? {} : { undo: () => commandOf(undo, true) };
  return defineService({ kind: "oneshot", deps, run, ...undoing, output: json(), restart, stop, timeout });
}
