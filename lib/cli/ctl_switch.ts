/** `diff` and `switch`: another generation of init, compared with the one that runs, and in its place. */
import { Command } from "@commander-js/extra-typings";
import { resolve } from "@std/path";
import { HANDOVER_VERSION } from "../boot/switch_init.ts";
import type { Portrait } from "../graph/mod.ts";
import { messageOf } from "../define/message_of.ts";
import { type Answered, CtlFailure, CtlSession } from "./ctl_session.ts";
import type { GraphAnswer, Status } from "./ctl_render.ts";
import { type Done, print, runtimeDirOf, secondsOption, verbCommand, withSession } from "./ctl_verb.ts";
import { EXIT_CODES } from "./exit_codes.ts";
import type { Comparison } from "./rest_roles.ts";

/** Services that are described in one reply: with long commands it still fits into what a client may leave unread. */
const BATCH = 64;
/** How long the new init may take until it answers at the socket, in ms. */
const TAKEOVER = 30_000;
/** Between two looks whether it does. */
const PAUSE = 50;

/** `diff`. */
export function diffVerb(done: Done) {
  return new Command("diff")
    .description("Shows what would become of the services if another init took over.")
    .argument("<init>", "another init binary")
    .option("--json", "print JSON, for programs")
    .addHelpText("after", "\nExit code: 0 nothing would change, 1 something would.")
    .action((init, { json }, command) =>
      withSession(command, async (session) => {
        const comparison = await compare(session, resolve(init));
        await print(json === true ? `${JSON.stringify(comparison)}\n` : renderComparison(comparison));
        done(isSame(comparison) ? EXIT_CODES.yes : EXIT_CODES.no);
      })
    );
}

/** `switch`. */
export function switchVerb(done: Done) {
  return verbCommand("switch")
    .argument("<init>", "the init binary that takes over")
    .option("--dry-run", "only show what would become of the services")
    .option("--no-wait", "do not wait until the new init has taken over")
    .option("--timeout <seconds>", "go back if services take longer to go down", secondsOption)
    .addHelpText(
      "after",
      "\nServices that are the same in both go on running. What differs is taken down by the old init and started by the\n" +
        "new one. The new generation is judged by its own watchdog, from then on.",
    )
    .action(async (init, { dryRun = false, wait, timeout }, command) => {
      const path = resolve(init);
      let generation = "";
      await withSession(command, async (session) => {
        const comparison = await compare(session, path);
        generation = comparison.generation;
        await print(renderComparison(comparison));
        if (dryRun) return;
        const stop = [...comparison.removed, ...Object.keys(comparison.restarted)];
        await session.ask("switch", {
          init: path,
          ...stop.length === 0 ? {} : { stop },
          ...timeout === undefined ? {} : { timeout },
        });
      });
      if (dryRun || wait === false) return;
      done(await awaitTakeover(runtimeDirOf(command), generation));
    });
}

/** Lets another init compare itself with the one that runs. */
async function compare(session: CtlSession, init: string): Promise<Comparison> {
  const { services } = await session.ask("graph", {}) as Answered<GraphAnswer>;
  const running: Portrait[] = [];
  for (let at = 0; at < services.length; at += BATCH) {
    const names = services.slice(at, at + BATCH).map(({ name }) => name);
    const answer = await session.ask("describe", { names }) as Answered<{ services: readonly Portrait[] }>;
    running.push(...answer.services);
  }
  const comparison = await ask(init, running);
  if (comparison.handover === HANDOVER_VERSION) return comparison;
  throw new CtlFailure(
    `cannot compare with ${init}: it takes over in another way (${comparison.handover}) than this init leaves ` +
      `(${HANDOVER_VERSION})\n    boot it instead`,
    EXIT_CODES.no,
  );
}

async function ask(init: string, running: readonly Portrait[]): Promise<Comparison> {
  const fail = (reason: string) =>
    new CtlFailure(
      `cannot run ${init}: ${reason}\n    name an init that this Denit has built`,
      EXIT_CODES.system,
    );
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(init, { args: ["compare"], stdin: "piped", stdout: "piped", stderr: "piped" })
      .spawn();
  } catch (error) {
    throw fail(messageOf(error));
  }
  const writer = child.stdin.getWriter();
  // A program that is no init need not read any of it.
  const written = writer.write(new TextEncoder().encode(JSON.stringify(running))).then(() => writer.close());
  const [{ code, stdout, stderr }] = await Promise.all([child.output(), written.catch(() => {})]);
  const words = new TextDecoder().decode(stderr).trim().split("\n")[0];
  if (code !== 0) throw fail(words || `it ended with exit code ${code}`);
  try {
    return JSON.parse(new TextDecoder().decode(stdout));
  } catch {
    throw fail("it is no init of Denit");
  }
}

function isSame({ added, removed, restarted, adjusted }: Comparison): boolean {
  return added.length + removed.length + Object.keys(restarted).length + Object.keys(adjusted).length === 0;
}

function renderComparison({ generation, added, removed, restarted, adjusted, same }: Comparison): string {
  const settings = ([name, changed]: readonly [string, readonly string[]]) =>
    `${name} (${changed.join(", ")})`;
  const lines = [
    ["removed, to be stopped", removed],
    ["changed, to be started anew", Object.entries(restarted).map(settings)],
    ["added, to be started", added],
    ["changed while it runs", Object.entries(adjusted).map(settings)],
    ["unchanged", same],
  ] as const;
  const told = lines.filter(([, names]) => names.length > 0).map(([what, names]) =>
    `  ${what}: ${names.join(", ")}\n`
  );
  return `generation ${generation}\n${told.join("")}`;
}

/** Waits until the new generation answers, and its boot is through. */
async function awaitTakeover(runtimeDir: string | undefined, generation: string): Promise<number> {
  for (let waited = 0; waited < TAKEOVER; waited += PAUSE) {
    const status = await look(runtimeDir);
    if (status !== null && status.generation === generation && status.boot.state !== "booting") {
      await print(`generation ${generation} has taken over; its boot is ${status.boot.state}\n`);
      return status.boot.state === "ok" ? EXIT_CODES.yes : EXIT_CODES.no;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  const status = await look(runtimeDir);
  console.error(
    status === null
      ? "out of time: nobody answers; see the console"
      : `out of time: generation ${status.generation} runs, its boot is ${status.boot.state}; see initctl status`,
  );
  return EXIT_CODES.timedOut;
}

async function look(runtimeDir: string | undefined): Promise<Status | null> {
  try {
    const session = await CtlSession.open(runtimeDir);
    try {
      return await session.ask("status", {}) as Answered<Status>;
    } finally {
      session.close();
    }
  } catch {
    // Between the two nobody listens.
    return null;
  }
}
