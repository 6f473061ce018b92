import { type Command, commandFault } from "../define/command.ts";
import { type Hook, hookCommand } from "../define/hooks.ts";
import type { KernelTask } from "../define/kernel_task.ts";
import { type Graph, type Node, nodeOf } from "./graph.ts";
import { placeholder, settled } from "./placeholder.ts";

/**
 * The command that a service would start, or what init would do instead of starting one, with placeholders for outputs
 * that are not known at rest.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, spawned, tcpProbe } from "denit";
 * import { nodeOf, resolve, restCommand } from "../graph/mod.ts";
 *
 * const web = defineService({ run: () => ({ argv: ["/usr/bin/web"] }), ready: tcpProbe({ port: 80 }) });
 * const top = defineService({
 *   deps: { front: web },
 *   run: ({ front }) => ({ argv: ["/usr/bin/top", `${front.host}`] }),
 *   ready: spawned(),
 * });
 * const { graph } = resolve({ web, top, default: defineSystem({ boot: defineBundle([top]) }) });
 * const command = restCommand(graph!, nodeOf(graph!, graph!.ids.get("top")!));
 * if (!("argv" in command) || command.argv[1] !== "<web.host>") throw new Error("a placeholder");
 * ```
 *
 * @param optional Whether optional dependencies are there. Default: `present`.
 * @throws {Error} If `run` throws, or returns something that is no command.
 */
export function restCommand(
  graph: Graph,
  node: Node,
  optional: "present" | "absent" = "present",
): Command | KernelTask {
  return commandOf("run", node, node.definition.run(outputsAtRest(graph, node, optional)));
}

/**
 * The command that would take a service down again, likewise, or null if that takes none.
 *
 * @example
 * ```ts
 * import { defineBundle, defineSystem, mount } from "denit";
 * import { nodeOf, resolve, restUndo } from "../graph/mod.ts";
 *
 * const persist = mount({ device: "LABEL=persist", path: "/persist" });
 * const { graph } = resolve({ persist, default: defineSystem({ boot: defineBundle([persist]) }) });
 * const command = restUndo(graph!, nodeOf(graph!, 0));
 * if (command === null || !("argv" in command)) throw new Error("unmounts");
 * if (command.argv[0] !== "/bin/umount") throw new Error("unmounts");
 * ```
 *
 * @throws {Error} If `undo` throws, or returns something that is no command.
 */
export function restUndo(graph: Graph, node: Node): Command | KernelTask | null {
  const { undo } = node.definition;
  if (undo === null) return null;
  return commandOf("undo", node, undo(outputsAtRest(graph, node, "present"), placeholder(node.name)));
}

/**
 * The command of one of the hooks of a service, likewise.
 *
 * @example
 * ```ts
 * import { defineBundle, defineService, defineSystem, spawned } from "denit";
 * import { nodeOf, resolve, restHook } from "../graph/mod.ts";
 *
 * const before = () => ({ argv: ["/usr/bin/web", "-t"] }) as const;
 * const web = defineService({ run: () => ({ argv: ["/usr/bin/web"] }), ready: spawned(), before });
 * const { graph } = resolve({ web, default: defineSystem({ boot: defineBundle([web]) }) });
 * if (restHook(graph!, nodeOf(graph!, 0), "before", before).argv[1] !== "-t") throw new Error("as it would be");
 * ```
 *
 * @param setting Its name, for the message.
 * @throws {Error} If it throws, or returns something that is no command.
 */
export function restHook(
  graph: Graph,
  node: Node,
  setting: string,
  hook: Hook,
  optional: "present" | "absent" = "present",
): Command {
  return hookCommand(setting, () => settled(hook(outputsAtRest(graph, node, optional))));
}

/** What `run` is given at rest. */
export function outputsAtRest(
  graph: Graph,
  node: Node,
  optional: "present" | "absent",
): Record<string, unknown> {
  const outputs: Record<string, unknown> = {};
  for (const { id, kind, key } of node.dependencies) {
    if (kind === "after") continue;
    const absent = kind === "optional" && optional === "absent";
    outputs[key] = absent ? undefined : placeholder(nodeOf(graph, id).name);
  }
  return outputs;
}

function commandOf(setting: "run" | "undo", node: Node, returned: unknown): Command | KernelTask {
  const command = settled(returned);
  const fault = node.definition.inInit === true ? null : commandFault(command);
  if (fault !== null) throw new Error(`${setting} returned no command: ${fault}`);
  return command as Command | KernelTask;
}
