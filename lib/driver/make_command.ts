import { type Command, commandFault } from "../define/command.ts";
import type { Json } from "../define/json.ts";
import type { KernelTask } from "../define/kernel_task.ts";
import type { Node, ServiceId } from "../graph/graph.ts";
import { OsError } from "../os/error.ts";
import type { Failure, Inputs } from "../supervisor/mod.ts";
import { NoAccount } from "./attributes_of.ts";
import { failureOf } from "./perform.ts";

/** What one spawn is for. */
export interface Order {
  readonly id: ServiceId;
  readonly attempt: number;
  readonly inputs: Inputs;
  /** What it yielded when it came up, if this takes it down again. */
  readonly undoes: { readonly output: Json } | null;
}

/** What `run` returned is of no use. Nothing was thrown there, so there is no place to tell. */
class NoCommand extends Error {}

/**
 * What an order is to start, or what is to be done instead.
 *
 * @throws {Error} What `run` throws, or if it returns something that is no command.
 */
export function makeCommand(node: Node, order: Order): Command | KernelTask {
  const { definition, name } = node;
  const { inputs, undoes } = order;
  const made: unknown = undoes === null ? definition.run(inputs) : definition.undo?.(inputs, undoes.output);
  if (definition.inInit === true) return made as KernelTask;
  const fault = made instanceof Promise ? "it is a promise, and must be there at once" : commandFault(made);
  if (fault !== null) {
    throw new NoCommand(`${undoes === null ? "run" : "undo"} returned no command: ${fault}`);
  }
  const command = made as Command;
  if (definition.body === null) return command;
  return { ...command, argv: [...command.argv, name, undoes === null ? "run" : "undo"] };
}

/** What keeps a process from being started. */
export function describe(error: unknown): Failure {
  if (error instanceof OsError) return failureOf(error);
  if (error instanceof NoAccount) {
    return { type: "spawn", stage: error.stage, code: "ENOENT", message: error.message };
  }
  // `run` is the unit author's code: where it threw is worth as much as what.
  const message = error instanceof Error ? firstLines(error) : String(error);
  return { type: "spawn", stage: "run", code: "EXCEPTION", message: `cannot make the command: ${message}` };
}

function firstLines(error: Error): string {
  const where = error.stack?.split("\n").find((line) => line.trimStart().startsWith("at "))?.trim();
  return where === undefined || error instanceof NoCommand ? error.message : `${error.message} (${where})`;
}
