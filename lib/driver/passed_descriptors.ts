import type { Fd, FdMapping } from "../os/os.ts";

/** A descriptor that a process gets as one of its `LISTEN_FDS`: sd_listen_fds(3). */
export interface Passed {
  readonly fd: Fd;
  readonly name: string;
}

/** What a process gets besides what its command says. */
export interface Provision {
  readonly env: Readonly<Record<string, string>>;
  readonly passed: readonly Passed[];
}

/** Nothing. */
export const noProvision: Provision = { env: {}, passed: [] };

/** The variable by which a process knows that they are for it, and not for one that has started it. */
export const LISTEN_PID = "LISTEN_PID";

/** The first of them: SD_LISTEN_FDS_START. */
const FIRST = 3;

/** How descriptors are passed: where they go, and what the environment says of them but for {@linkcode LISTEN_PID}. */
export function passDescriptors(
  passed: readonly Passed[],
): { fds: FdMapping[]; env: Record<string, string> } {
  if (passed.length === 0) return { fds: [], env: {} };
  return {
    fds: passed.map(({ fd }, index) => ({ from: fd, to: FIRST + index })),
    env: { LISTEN_FDS: String(passed.length), LISTEN_FDNAMES: passed.map(({ name }) => name).join(":") },
  };
}
