/** The names that a running init knows, for completion. */
import { deadline } from "@std/async/deadline";
import { join } from "@std/path";
import { runtimeFolder } from "../boot/runtime_folder.ts";
import { ControlClient } from "../control/client.ts";
import type { Verb } from "../control/verbs.ts";
import type { Json } from "../define/json.ts";
import type { GraphAnswer, Status } from "./ctl_render.ts";

/** A service or a bundle of the init that runs, and what there is to say of it. */
export interface LiveName {
  readonly value: string;
  readonly kind: "service" | "bundle";
  readonly text: string;
  /** What a service can be told to do. */
  readonly verbs?: readonly string[];
}

/** How long whoever presses Tab waits at most, in milliseconds. */
const PATIENCE = 1000;

/**
 * The services and bundles of the init that supervises in a runtime directory.
 *
 * @param runtimeDir The directory; undefined for the usual one.
 * @returns Them, or none where nobody supervises, answers in time, or lets us ask.
 */
export async function liveNames(runtimeDir: string | undefined): Promise<readonly LiveName[]> {
  let client: ControlClient | null = null;
  try {
    client = await ControlClient.connect(join(runtimeFolder(runtimeDir), "control.sock"));
    return await deadline(namesFrom(client), PATIENCE);
  } catch {
    return [];
  } finally {
    client?.close();
  }
}

async function namesFrom(client: ControlClient): Promise<readonly LiveName[]> {
  const { services, bundles } = await ask(client, "graph") as Json & GraphAnswer;
  const { services: states } = await ask(client, "status") as Json & Status;
  const phases = new Map(states.map(({ name, phase }) => [name, phase]));
  return [
    ...services.map(({ name, kind, verbs }) => ({
      value: name,
      ...verbs === undefined ? {} : { verbs },
      kind: "service" as const,
      text: [kind, phases.get(name) ?? []].flat().join(", "),
    })),
    ...Object.entries(bundles).map(([value, members]) => ({
      value,
      kind: "bundle" as const,
      text: `bundle of ${members.length}`,
    })),
  ];
}

async function ask(client: ControlClient, verb: Extract<Verb, "graph" | "status">): Promise<Json> {
  for await (const reply of client.ask(verb, {})) {
    if ("result" in reply) return reply.result;
    if ("error" in reply) break;
  }
  throw new Error(`cannot ask for the ${verb}`);
}
