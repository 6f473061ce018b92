/** The verbs of `initctl` that only look. */
import { Command, Option } from "@commander-js/extra-typings";
import { protocolSchema } from "../control/schema.ts";
import type { Json } from "../define/json.ts";
import { renderGraph } from "./ctl_graph.ts";
import { logsVerb } from "./ctl_logs.ts";
import {
  type GraphAnswer,
  lostText,
  painter,
  renderChain,
  renderEvent,
  renderList,
  renderTree,
  type Status,
  type WhyAnswer,
} from "./ctl_render.ts";
import type { Answered } from "./ctl_session.ts";
import { diffVerb } from "./ctl_switch.ts";
import { type Done, print, secondsOption, verbCommand, wholeOption, withSession } from "./ctl_verb.ts";
import { EXIT_CODES } from "./exit_codes.ts";

/** `status`, `why`, `wait`, `logs`, `events`, `graph`, `diff`, and what describes the protocol to programs. */
export function readVerbs(done: Done) {
  return [
    statusVerb(),
    whyVerb(done),
    waitVerb(done),
    logsVerb(),
    eventsVerb(),
    graphVerb(),
    diffVerb(done),
    schemaCommand(),
  ];
}

function statusVerb() {
  return verbCommand("status")
    .argument("[name...]", "services or bundles; without them a tree of all")
    .option("--usage", "with what each uses, as the kernel counts it; of named services it is always shown")
    .option("--json", "print JSON, for programs")
    .action((names, { json, usage }, command) =>
      withSession(command, async (session) => {
        const counted = usage === true || names.length > 0 ? { usage: true } : {};
        const answer = await session.ask("status", { ...names.length === 0 ? {} : { names }, ...counted });
        if (json === true) return await print(`${JSON.stringify(answer)}\n`);
        const status = answer as Answered<Status>;
        const seen = Deno.stdout.isTerminal();
        const paint = painter(seen && !Deno.noColor);
        if (names.length > 0 || !seen) return await print(`${renderList(status, paint)}\n`);
        const graph = await session.ask("graph", {}) as Answered<GraphAnswer>;
        await print(`${renderTree(status, graph, paint)}\n`);
      })
    );
}

function whyVerb(done: Done) {
  return verbCommand("why")
    .argument("<name>", "a service")
    .option("--json", "print JSON, for programs")
    .addHelpText("after", "\nExit code: 0 it is up, 1 it is not.")
    .action((name, { json }, command) =>
      withSession(command, async (session) => {
        const answer = await session.ask("why", { name }) as Answered<WhyAnswer>;
        await print(json === true ? `${JSON.stringify(answer)}\n` : `${renderChain(answer.chain)}\n`);
        done(answer.up ? EXIT_CODES.yes : EXIT_CODES.no);
      })
    );
}

function waitVerb(done: Done) {
  return verbCommand("wait")
    .argument("<name...>", "services or bundles")
    .option("--up", "until they are up, which is the same as ready (default)")
    .option("--ready", "until they are ready")
    .option("--down", "until they are down; ends with the exit code of the service, 255 for a signal")
    .option("--timeout <seconds>", "no longer than this; then the exit code is 2", secondsOption)
    .action((names, { up, ready, down, timeout }, command) =>
      withSession(command, async (session) => {
        if (down === true && (up === true || ready === true)) {
          command.error("error: --down excludes --up and --ready", { exitCode: EXIT_CODES.usage });
        }
        const limit = timeout === undefined ? {} : { timeout };
        const answer = await session.ask("wait", { names, for: down === true ? "down" : "ready", ...limit });
        if (isObject(answer) && typeof answer["exitCode"] === "number") done(answer["exitCode"]);
      })
    );
}

function eventsVerb() {
  return verbCommand("events")
    .option("--json", "print JSON, for programs: each with its number `seq`")
    .option("--since <number>", "from this entry of the journal on (default: from now on)", wholeOption)
    .action(({ json, since }, command) =>
      withSession(command, async (session) => {
        for await (const reply of session.follow("events", since === undefined ? {} : { since })) {
          if ("event" in reply) {
            await print(`${json === true ? JSON.stringify(reply.event) : renderEvent(reply.event)}\n`);
          }
          if ("lost" in reply) console.error(lostText(reply.lost));
        }
      })
    );
}

function graphVerb() {
  const format = new Option("--format <format>", "how it is printed")
    .choices(["text", "json", "dot", "mermaid"] as const).default("text" as const);
  return verbCommand("graph")
    .addOption(format)
    .action(({ format }, command) =>
      withSession(command, async (session) => {
        const graph = await session.ask("graph", {});
        if (format === "json") return await print(`${JSON.stringify(graph)}\n`);
        const status = await session.ask("status", {}) as Answered<Status>;
        await print(`${renderGraph(graph as Answered<GraphAnswer>, status, format)}\n`);
      })
    );
}

function schemaCommand() {
  return new Command("schema")
    .description("Prints the JSON Schema of the control protocol, which needs no init that runs.")
    .action(() => print(`${JSON.stringify(protocolSchema(), null, 2)}\n`));
}

function isObject(value: Json): value is { readonly [key: string]: Json | undefined } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
