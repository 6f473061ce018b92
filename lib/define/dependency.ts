import type { Service } from "./service.ts";

/**
 * What a dependency means. `need`: the dependent starts after it, gets its
 * output, and goes down with it. `optional`: starts after it where it works,
 * without it where it does not, and is left alone when it goes. `milestone`:
 * must have worked once; may go later. `after`: only the order counts.
 */
export type DependencyKind = "need" | "optional" | "milestone" | "after";

/** A dependency that is wanted, not needed. See {@linkcode optional}. */
export interface Optional<out O = unknown> {
  readonly dependency: "optional";
  readonly service: Service<O>;
}

/** A dependency that must have worked once. See {@linkcode milestone}. */
export interface Milestone<out O = unknown> {
  readonly dependency: "milestone";
  readonly service: Service<O>;
}

/** An order without a dependency. See {@linkcode after}. */
export interface After {
  readonly dependency: "after";
  readonly service: Service;
}

/**
 * The `deps` of a service: each under the name that `run` knows it by, which
 * need not be the service's own. One service can be in it once.
 */
export type Deps = { readonly [name: string]: Service | Optional | Milestone | After };

/** The `deps` of a service that has none. */
export type NoDeps = { readonly [name in never]: never };

/** What `run` receives: the output of each dependency under its name in `deps`. */
export type Outputs<D extends Deps> = {
  readonly [K in keyof D as D[K] extends After ? never : K]: D[K] extends Optional<infer O> ? O | undefined
    : D[K] extends Milestone<infer O> ? O
    : D[K] extends Service<infer O> ? O
    : never;
};

/**
 * Wants a service without needing it: it is started too, and waited for until
 * it is ready or its start has failed. Its failure or loss leaves the
 * dependent running, and its output may be `undefined`.
 *
 * @example
 * ```ts
 * import { defineService, optional, spawned } from "denit";
 *
 * export const cache = defineService({ run: () => ({ argv: ["/usr/bin/cache"] }), ready: spawned() });
 * export const web = defineService({
 *   deps: { cache: optional(cache) },
 *   run: ({ cache }) => ({ argv: ["/usr/bin/web", cache === undefined ? "--no-cache" : "--cache"] }),
 *   ready: spawned(),
 * });
 * ```
 *
 * @param service The service that is wanted.
 * @returns A value for `deps`.
 */
export function optional<O>(service: Service<O>): Optional<O> {
  return { dependency: "optional", service };
}

/**
 * Needs a service to have worked once: it is started too, and the dependent
 * fails if it fails. When it stops later, the dependent stays.
 *
 * @example
 * ```ts
 * import { defineService, milestone, spawned } from "denit";
 *
 * export const migrate = defineService({ kind: "oneshot", run: () => ({ argv: ["/usr/bin/migrate"] }) });
 * export const web = defineService({
 *   deps: { migrate: milestone(migrate) },
 *   run: () => ({ argv: ["/usr/bin/web"] }),
 *   ready: spawned(),
 * });
 * ```
 *
 * @param service The service that must have been ready once.
 * @returns A value for `deps`.
 */
export function milestone<O>(service: Service<O>): Milestone<O> {
  return { dependency: "milestone", service };
}

/**
 * Orders without depending: where both start, the dependent starts after the
 * other is ready or has failed; where both stop, it stops first. It starts
 * nothing and yields no output.
 *
 * @example
 * ```ts
 * import { after, defineService, spawned } from "denit";
 *
 * export const syslog = defineService({ run: () => ({ argv: ["/sbin/syslogd", "-n"] }), ready: spawned() });
 * export const cron = defineService({
 *   deps: { syslog: after(syslog) },
 *   run: () => ({ argv: ["/usr/sbin/cron", "-f"] }),
 *   ready: spawned(),
 * });
 * ```
 *
 * @param service The service to come after.
 * @returns A value for `deps`.
 */
export function after(service: Service): After {
  return { dependency: "after", service };
}
