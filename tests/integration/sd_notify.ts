/**
 * What the tests of sd_notify(3) have in common: a system of one service that is a shell script, and what is seen of it.
 *
 * @module
 */
import { assert } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { join } from "@std/path";
import { ControlClient, type Parameters } from "../../lib/control/client.ts";
import type { Reply } from "../../lib/control/reply.ts";
import type { Json } from "../../lib/define/json.ts";
import type { Verb } from "../../lib/control/verbs.ts";
import { compile } from "../fixtures/compile.ts";
import { type Init, type Scenario, withInit } from "./harness.ts";

/** Our own client; null where there is no compiler. */
export const client = compile("notify");
globalThis.addEventListener("unload", () => client?.remove());
export const hasSystemd = has("systemd-notify");
export const isRoot = Deno.uid() === 0;

/** Whether a program is there. */
export function has(program: string): boolean {
  try {
    return new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

/** A system of one service `web`, which is a shell script in which `notify` is our client. */
export function web(script: string, ready = "sdNotify()", more = ""): Scenario {
  return {
    env: { PATH: `${client?.path.replace(/\/notify$/, "")}:${Deno.env.get("PATH")}` },
    units: (folder) => `
export const web = defineService({
  run: () => ({ ...sh(${JSON.stringify(script)}), env: { FOLDER: "${folder}" } }),
  ready: ${ready},
  ${more}
});
export default defineSystem({ boot: defineBundle([good, web]) });`,
  };
}

/** Defines a test in which a script with our client is the service `web`. */
export function test(
  name: string,
  scenario: Scenario,
  body: (init: Init) => Promise<void>,
  ignore = client === null,
): void {
  Deno.test({ name, ignore, fn: () => withInit(scenario, body) });
}

/** Asks init for something, and waits for the last reply. */
export async function ask<V extends Verb>(init: Init, verb: V, parameters: Parameters<V>): Promise<Reply> {
  const control = await ControlClient.connect(join(init.runtimeDir, "control.sock"));
  try {
    return (await deadline(Array.fromAsync(control.ask(verb, parameters)), 60_000)).at(-1)!;
  } finally {
    control.close();
  }
}

/** A service as `status` shows it. */
export interface Shown {
  readonly phase: string;
  readonly pid: number | null;
  readonly output: unknown;
  readonly restarts: number;
  readonly status: string | null;
  readonly notes: readonly string[];
  readonly why: { readonly text: string } | null;
}

/** What `status` shows of the service. */
export async function shown(init: Init): Promise<Shown> {
  const reply = await ask(init, "status", { names: ["web"] });
  assert("result" in reply, JSON.stringify(reply));
  const { services: [service] } = reply.result as Json & { readonly services: readonly [Shown] };
  return service;
}

/** Waits until `status` shows something of the service. */
export async function shows(init: Init, holds: (service: Shown) => boolean, what: string): Promise<Shown> {
  let last: Shown | null = null;
  await init.event("spawned", "web");
  await init.eventually(async () => holds(last = await shown(init)), what).catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify(last)}`);
  });
  return last!;
}

/** Sends a message from outside, as the test. */
export async function sendFromOutside(init: Init, ...words: string[]): Promise<void> {
  const { success } = await new Deno.Command(words[0]!, {
    args: words.slice(1),
    env: { NOTIFY_SOCKET: join(init.runtimeDir, "notify", "web") },
  }).output();
  assert(success, words.join(" "));
}
