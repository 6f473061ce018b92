import { assert } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { join } from "@std/path";
import { ControlClient, type Parameters } from "../../lib/control/client.ts";
import type { Fault, Reply } from "../../lib/control/reply.ts";
import type { Verb } from "../../lib/control/verbs.ts";
import type { Json } from "../../lib/define/json.ts";
import type { Init } from "./harness.ts";

/** Tells the init of a run something, and gives its last reply. */
export async function ask<V extends Verb>(init: Init, verb: V, parameters: Parameters<V>): Promise<Reply> {
  const client = await ControlClient.connect(join(init.runtimeDir, "control.sock"));
  try {
    return (await deadline(Array.fromAsync(client.ask(verb, parameters)), 30_000)).at(-1)!;
  } finally {
    client.close();
  }
}

/** What was asked for; the answer has to be yes. */
export function resultOf(reply: Reply): Json {
  assert("result" in reply, JSON.stringify(reply));
  return reply.result;
}

/** Why not; the answer has to be no. */
export function faultOf(reply: Reply): Fault {
  assert("error" in reply, JSON.stringify(reply));
  return reply.error;
}
