import type { Command } from "../define/command.ts";
import { commandHooks } from "../define/hooks.ts";
import {
  type Graph,
  type Node,
  nodeOf,
  restCommand,
  restHook,
  restUndo,
  whereDefined,
} from "../graph/mod.ts";

/** A command of a service, with placeholders for what is not known at rest. */
export interface CommandAtRest {
  readonly service: string;
  /** Where the service is defined, `path:line`; null where that is not known. */
  readonly origin: string | null;
  /** Which of its commands it is: `run`, `undo`, a hook, or what a probe runs. */
  readonly setting: string;
  readonly command: Command;
}

/** Every process that a system may start, as far as that is known at rest, and where it mounts something. */
export interface Processes {
  readonly commands: readonly CommandAtRest[];
  readonly mountPoints: readonly string[];
}

/** The processes of a system that {@linkcode check} has nothing against. */
export function processesAtRest(graph: Graph): Processes {
  const commands = graph.nodes.flatMap((node): CommandAtRest[] => {
    const made = [
      ["run", restCommand(graph, node)] as const,
      ...node.policy.undo ? [["undo", restUndo(graph, node)] as const] : [],
      ...probesOf(node),
      ...commandHooks(node.definition.hooks).map(([setting, hook]) =>
        [setting, restHook(graph, node, setting, hook)] as const
      ),
    ];
    return made.flatMap(([setting, command]) =>
      command === null || "kernel" in command
        ? []
        : [{ service: node.name, origin: whereDefined(graph, node), setting, command }]
    );
  });
  const mountPoints = graph.nodes.flatMap(({ id }) => nodeOf(graph, id).definition.claims.mountPoints ?? []);
  return { commands, mountPoints };
}

function probesOf({ definition: { ready, hooks: { alive } } }: Node): [setting: string, command: Command][] {
  const probes = [["ready", ready?.probe], ["alive.probe", alive?.probe]] as const;
  return probes.flatMap(([setting, probe]) => probe?.type === "command" ? [[setting, probe.command]] : []);
}
