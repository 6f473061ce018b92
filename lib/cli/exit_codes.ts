/** Exit codes of commands: yes; no, or it has failed; out of time; wrong usage; the system refused. */
export const EXIT_CODES = { yes: 0, no: 1, timedOut: 2, usage: 100, system: 111 } as const;
