/** The verbs of `initctl` that change something. */
import type { Parameters } from "../control/client.ts";
import type { Verb } from "../control/verbs.ts";
import type { Json } from "../define/json.ts";
import { renderPlan, renderResult } from "./ctl_render.ts";
import type { CtlSession } from "./ctl_session.ts";
import { switchVerb } from "./ctl_switch.ts";
import { type Done, print, secondsOption, verbCommand, withSession } from "./ctl_verb.ts";
import { EXIT_CODES } from "./exit_codes.ts";

const NAMES = "services or bundles";
const NO_WAIT = ["--no-wait", "do not wait for the outcome"] as const;
const TIMEOUT = "wait no longer than this; then the exit code is 2";

/** `start`, `stop`, `restart`, `reload`, `do`, `trigger`, `release`, `signal`, `pin`, `unpin`, `change`, `switch`, and the ends of the machine. */
export function changeVerbs(done: Done) {
  return [
    ...(["start", "restart", "reload", "release"] as const).map((verb) =>
      verbCommand(verb).argument("<name...>", NAMES)
        .option(...NO_WAIT).option("--timeout <seconds>", TIMEOUT, secondsOption)
        .action((names, options, command) =>
          withSession(command, (session) => tell(session, verb, { names, ...limits(options) }))
        )
    ),
    doVerb(),
    triggerVerb(),
    stopVerb(),
    signalVerb(),
    pinVerb(done),
    verbCommand("unpin")
      .argument("<name>", "a service")
      .action((name, _options, command) =>
        withSession(command, (session) => tell(session, "unpin", { name }))
      ),
    changeVerb(),
    switchVerb(done),
    ...(["poweroff", "reboot", "halt", "kexec"] as const).map((verb) =>
      verbCommand(verb)
        .option(...NO_WAIT).option("--timeout <seconds>", TIMEOUT, secondsOption)
        .action((options, command) => withSession(command, (session) => tell(session, verb, limits(options))))
    ),
  ];
}

function stopVerb() {
  return verbCommand("stop").argument("<name...>", NAMES)
    .option(...NO_WAIT).option("--timeout <seconds>", TIMEOUT, secondsOption)
    .option("--force", "stop those that need them, too")
    .action((names, { force = false, ...options }, command) =>
      withSession(command, (session) => tell(session, "stop", { names, force, ...limits(options) }))
    );
}

function doVerb() {
  return verbCommand("do")
    .argument("<name>", "a service")
    .argument("<verb>", "what its definition has under verbs")
    .option(...NO_WAIT).option("--timeout <seconds>", TIMEOUT, secondsOption)
    .action((name, action, options, command) =>
      withSession(command, (session) => tell(session, "do", { name, action, ...limits(options) }))
    );
}

function triggerVerb() {
  return verbCommand("trigger")
    .argument("<name>", "a timer, or a service that starts on a connection")
    .option(...NO_WAIT).option("--timeout <seconds>", TIMEOUT, secondsOption)
    .action((name, options, command) =>
      withSession(command, (session) => tell(session, "trigger", { name, ...limits(options) }))
    );
}

function signalVerb() {
  return verbCommand("signal")
    .argument("<name>", "a service")
    .argument("<signal>", "HUP, SIGHUP, ...")
    .action((name, signal, _options, command) =>
      withSession(command, (session) => tell(session, "signal", { name, signal }))
    );
}

function pinVerb(done: Done) {
  return verbCommand("pin").argument("<name>", "a service")
    .option(...NO_WAIT).option("--timeout <seconds>", TIMEOUT, secondsOption)
    .option("--up", "hold it up")
    .option("--down", "hold it down")
    .action(async (name, { up, down, ...options }, command) => {
      if ((up === true) === (down === true)) {
        console.error("cannot pin both ways, nor none: give --up or --down");
        return done(EXIT_CODES.usage);
      }
      const to = up === true ? "up" : "down";
      await withSession(command, (session) => tell(session, "pin", { name, to, ...limits(options) }));
    });
}

function changeVerb() {
  return verbCommand("change").argument("<bundle>", "exactly this set, and what it needs, shall be up")
    .option(...NO_WAIT).option("--timeout <seconds>", TIMEOUT, secondsOption)
    .option("--dry-run", "only show what would stop and start")
    .option("--keep-going", "when something fails, report it, but do not roll back")
    .option("--json", "print JSON, for programs")
    .action((bundle, { dryRun = false, keepGoing = false, json, ...options }, command) =>
      withSession(command, async (session) => {
        const plan = await session.ask("change", { bundle, dryRun: true });
        if (json !== true) await print(`${renderPlan(plan, dryRun)}\n`);
        if (dryRun) return json === true ? await print(`${JSON.stringify(plan)}\n`) : undefined;
        const answer = await session.ask("change", { bundle, keepGoing, ...limits(options) });
        await print(json === true ? `${JSON.stringify(answer)}\n` : renderResult("change", answer));
      })
    );
}

function limits(
  { wait, timeout }: { wait?: boolean; timeout?: number },
): { noWait?: true; timeout?: number } {
  return { ...wait === false ? { noWait: true } : {}, ...timeout === undefined ? {} : { timeout } };
}

async function tell<V extends Verb>(session: CtlSession, verb: V, parameters: Parameters<V>): Promise<void> {
  const answer: Json = await session.ask(verb, parameters);
  await print(renderResult(verb, answer));
}
