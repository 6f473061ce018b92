/** The pages initctl(1) and init(8): from the commands themselves, and what those cannot say. */
import { ctlProgram } from "./ctl_command.ts";
import { wholeProgram } from "./generation_commands.ts";
import { commandList, exitCodeList, exitCodes, groupsOf, optionList } from "./manual_command.ts";
import { ctlExamples, type Example, initExamples } from "./manual_examples.ts";
import { argument, block, head, pageText, prose, section, tagged } from "./manual_mdoc.ts";

/** What a page is marked with. */
export interface Edition {
  readonly version: string;
  /** As mdoc(7) writes it: `November 26, 2026`. */
  readonly date: string;
}

/** The page initctl(1). */
export function ctlPage(edition: Edition): string {
  const program = ctlProgram(() => {});
  return pageText([
    ...head({ ...edition, name: "initctl", chapter: 1, purpose: "show how a system stands, and change it" }),
    ".Sh SYNOPSIS",
    ".Nm",
    ".Op Fl -runtime-dir Ar dir",
    ".Ar verb",
    ".Op Ar argument ...",
    ".Nm init",
    ".Cm ctl",
    ".Op Fl -runtime-dir Ar dir",
    ".Ar verb",
    ".Op Ar argument ...",
    ...section("description", [
      ...prose(CTL_DESCRIPTION),
      ".Pp",
      "The options of all verbs:",
      ...optionList(program),
    ]),
    ...groupsOf(program).flatMap(([heading, commands]) =>
      section(heading.replace(/:$/, ""), commandList(commands))
    ),
    ...section(
      "environment",
      terms(".Ev", [...RUNTIME_VARIABLES, ["NO_COLOR", "If it is set, nothing is coloured."]]),
    ),
    ...section("files", terms(".Pa", CTL_FILES)),
    ...section("exit status", exitCodeList(exitCodes(program))),
    ...section("examples", examples(ctlExamples)),
    ...section("protocol", prose(PROTOCOL)),
    ...section("see also", [".Xr denit.units 5 ,", ".Xr init 8"]),
  ]);
}

/** The page init(8). */
export function initPage(edition: Edition): string {
  const program = wholeProgram({}, () => {});
  const boot = program.commands.find((command) => command.name() === "boot");
  return pageText([
    ...head({ ...edition, name: "init", chapter: 8, purpose: "boot a system, and supervise its services" }),
    ".Sh SYNOPSIS",
    ".Nm",
    ".Op Ar role",
    ".Op Ar argument ...",
    ...section("description", prose(INIT_DESCRIPTION)),
    ...section("roles", groupsOf(program).flatMap(([, commands]) => commandList(commands))),
    ...section("as pid 1", prose(AS_PID_1)),
    ...section("the boot watchdog", prose(WATCHDOG)),
    ...section("signals", tagged(SIGNALS.map(([tag, text]) => [[`.It Dv ${tag}`], prose(text)]))),
    ...section("environment", terms(".Ev", [...RUNTIME_VARIABLES, ...INIT_VARIABLES])),
    ...section("files", terms(".Pa", INIT_FILES)),
    ...section("exit status", [
      ...prose("Of the supervisor, which as PID 1 of a machine does not end but ends the machine:"),
      ...boot === undefined ? [] : exitCodeList(exitCodes(boot)),
      ".Pp",
      ...prose("Of every other role: 0 yes, 1 no, 100 wrong usage, 111 the system refused."),
    ]),
    ...section("examples", examples(initExamples)),
    ...section("see also", [".Xr initctl 1 ,", ".Xr denit.units 5"]),
    ...section("bugs", prose(INIT_BUGS)),
  ]);
}

/** The calls, each below what it is for. */
function examples(calls: readonly Example[]): string[] {
  return block(calls.map(([call, purpose]) => `# ${purpose}\n${call}`).join("\n\n"));
}

/** A list of names in one macro, and what each is. */
function terms(macro: string, list: readonly (readonly [string, string])[]): string[] {
  return tagged(list.map(([name, text]) => [[`.It ${macro.slice(1)} ${argument(name)}`], prose(text)]));
}

const CTL_DESCRIPTION = `
initctl talks to the init(8) that supervises, over a socket in its runtime directory. It is the same binary: a link
to it with the name initctl does what \`init ctl\` does. It works as well inside a service, even on that service.

Services and bundles have the names that they were exported under, in kebab case: \`export const webServer\` is
\`web-server\`. For each service init knows two things apart: what is wanted of it (up or down), and its phase (down,
blocked, starting, up, stopping, or backoff before it is tried again). \`status\` shows both, \`why\` leads from a
service that is not up to the first cause, with its exit code or signal, and what it printed last.

A verb that changes something waits until the outcome is known, tells meanwhile on standard error who is awaited, and
tells at the end by its exit code whether it worked; whatever failed is told with its cause and with what to do. Ctrl-C
only ends the waiting: what has been asked for goes on, and nothing is left half done. \`stop\` refuses to take away what
others need, and names them; \`--force\` stops them too. \`change\` brings the system to exactly one bundle, and if that
fails, back to where it was.

\`logs\` reads the files of a service itself, across those that were put aside, and follows them in the same way. Where
there are none, or they cannot be read, it says so and shows what init remembers instead, the last 2 KiB, and with \`-f\`
what the service prints from then on.

Root and the user that init runs as may look and change. Nobody else is let in, unless the system says \`control: { read:
"everybody" }\` (see denit.units(5)): then every user may look, and nobody else change.`;

const PROTOCOL = `
One JSON object a line over a Unix socket. \`initctl schema\` prints its JSON Schema. A request is \`{"v": 1, "id": 7,
"verb": "start", "names": ["web"]}\`; every line of the reply carries the same id, and the one with \`result\` or
\`error\` is the last.`;

const RUNTIME_VARIABLES: readonly (readonly [string, string])[] = [
  ["DENIT_RUNTIME_DIR", "The runtime directory, where `--runtime-dir` names none."],
  [
    "XDG_RUNTIME_DIR",
    "Where neither names one, the runtime directory of a user other than root is `denit` in this folder.",
  ],
];

const CTL_FILES: readonly (readonly [string, string])[] = [
  ["/run/denit", "The runtime directory of root."],
  ["control.sock", "In it, the socket."],
  ["boot.jsonl", "In it, the journal that `blame`, `critical-chain` and `plot` read."],
];

const INIT_DESCRIPTION = `
init is one binary that holds a whole system: its services, which were written in TypeScript (see denit.units(5)) and
checked when it was built, and the supervisor for them. As PID 1 it boots the machine, the container or the namespace
that it is in; as any other process it supervises the same services there. Services start in parallel, each as soon as
all that it needs is ready; they are restarted when they end, and stopped in the opposite order. What a service yields
when it becomes ready, such as the path of a socket, is handed to those that depend on it.

Which role it plays is told by the first word. PID 1 needs none, and boots whatever else stands on the kernel's command
line, as words that the kernel does not know arrive there.`;

const AS_PID_1 = `
PID 1 mounts \`/proc\`, \`/sys\`, \`/dev\`, \`/dev/pts\`, \`/run\` and \`/tmp\` where they are not mounted, then starts what
the system's \`boot\` names. It reaps every orphan. What fails on the way is told on the console and in the journal, and
the boot goes on. When everything is down, it ends what belongs to no service (SIGTERM, 2 s, SIGKILL), writes all to the
disks, and switches off, restarts, halts, or starts the kernel that was loaded for kexec. In a container or a namespace
it ends instead.`;

const WATCHDOG = `
Where the system has a watchdog, its clock runs from the start of init. Once all services that it names have been ready,
the status file says \`ok\`; if the deadline passes first, it says \`failed\`, the journal says who was awaited, and what
follows is up to the system: restart, switch off, or stay. \`mark\` writes either word by hand.`;

const SIGNALS: readonly (readonly [string, string])[] = [
  [
    "SIGTERM , SIGQUIT , SIGHUP , SIGPWR",
    "Shuts down in order; one more signal hurries it. A machine is switched off then; elsewhere init ends.",
  ],
  ["SIGINT", "Likewise, but a machine starts anew: Ctrl-Alt-Del arrives as this signal."],
  ["SIGCHLD", "A child has ended, or an orphan that became one; it is reaped."],
];

const INIT_VARIABLES: readonly (readonly [string, string])[] = [
  [
    "PATH",
    "Where the programs of services are looked for. Default: `/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`.",
  ],
];

const INIT_FILES: readonly (readonly [string, string])[] = [
  ["/run/denit", "The runtime directory of root; see ENVIRONMENT for that of others."],
  ["control.sock", "In it, the socket of initctl(1)."],
  [
    "boot.jsonl",
    "In it, the journal of this boot: a JSON object a line, with the time `t` in nanoseconds of the monotonic clock, the `event`, and mostly the `service`.",
  ],
  [
    "lock",
    "In it, the pid of the supervisor, which holds a lock on the file: a directory has one supervisor.",
  ],
  [
    "log/SERVICE.log",
    "In it, what the service printed; `SERVICE.log.1` and so on are older. See denit.units(5).",
  ],
];

const INIT_BUGS = `
When the memory of the JavaScript engine runs out, the process is aborted; as PID 1 of a machine that is a kernel panic:
boot with \`panic=10\`, and give the machine a hardware watchdog. A limit on the address space (\`ulimit -v\`) aborts it
as well. A process that leaves its session is reaped, but not killed with its service: keep daemons in the foreground.`;
