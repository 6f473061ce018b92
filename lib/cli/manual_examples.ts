/** Calls that teach, for `--help` and for the manual. */

/** A call, and what it is for. */
export type Example = readonly [call: string, purpose: string];

/** Calls of `initctl`. */
export const ctlExamples: readonly Example[] = [
  ["initctl status", "how everything stands, as a tree"],
  ["initctl why web", "why web is not up, down to the first cause"],
  ["initctl logs -f web", "what web prints, as it prints it"],
  ["initctl restart database", "database, and what needs it, down and up again"],
  ["initctl change rescue --dry-run", "what would stop and start"],
  [
    "initctl switch /generations/next/init",
    "another init takes over; what is the same in both goes on running",
  ],
  ["initctl wait --timeout 30 web", "in a script: until web is ready"],
  ["initctl plot > boot.svg", "where the time of the boot went"],
];

/** Calls of `init`. */
export const initExamples: readonly Example[] = [
  ["init boot --runtime-dir /tmp/try", "supervise as an ordinary process; Ctrl-C ends it in order"],
  ["init ctl --runtime-dir /tmp/try status", "look at it, from another terminal"],
  ["init dryrun", "what would start, in which order, and how long it may take"],
  ["init manifest", "generation, services and versions in this binary"],
];

/** Them as they stand at the end of a help text. */
export function renderExamples(examples: readonly Example[]): string {
  const width = Math.max(...examples.map(([call]) => call.length));
  const lines = examples.map(([call, purpose]) => `  ${call.padEnd(width)}  ${purpose}`);
  return `\nExamples:\n${lines.join("\n")}`;
}
