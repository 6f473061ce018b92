import { noHooks } from "../define/hooks.ts";
import type { Deps, NoDeps } from "../define/dependency.ts";
import { makeService, type Service, type Settings, shared } from "../define/service.ts";
import { seconds } from "../define/time.ts";
import { spawned } from "../readiness/spawned.ts";

/** Settings of {@linkcode getty}. */
export interface Getty<D extends Deps> extends Settings<D> {
  /**
   * The terminal, as it is called in /dev.
   *
   * @example `"ttyS0"`
   */
  readonly tty: string;
  /**
   * The speed of a serial line, in baud; several are tried in their order, at each break. Default: the speed that it has.
   *
   * @example `115200`
   */
  readonly baud?: number | readonly number[];
  /**
   * What kind of terminal it is, `TERM` in the environment. Default: `linux` for a virtual console such as `tty1`, else
   * `vt220`.
   *
   * @example `"xterm"`
   */
  readonly term?: string;
  /**
   * Who is logged in without being asked: for a machine that whoever sits at it may use. Default: everybody is asked.
   *
   * @example `"kiosk"`
   */
  readonly autologin?: string;
  /**
   * More options of agetty(8).
   *
   * @example `["--noissue", "--login-program", "/usr/bin/login"]`
   */
  readonly options?: readonly string[];
}

/**
 * Defines a longrun that lets people log in at a terminal: agetty(8) of util-linux, which asks for a name, and becomes
 * login(1), and thus the shell. When they log out it asks the next one. What they have left running in sessions of their
 * own, such as tmux(1), goes on.
 *
 * @example
 * ```ts
 * import { getty } from "denit";
 *
 * export const tty1 = getty("tty1");
 * export const serial = getty({ tty: "ttyS0", baud: [115200, 9600] });
 * if (tty1.kind !== "longrun") throw new Error("it stays");
 * ```
 *
 * @typeParam D The dependencies; inferred from `deps`.
 * @param settings The terminal, or the terminal and settings.
 * @returns A longrun service without an output, which is started again for ever.
 * @throws {RangeError} If the terminal is none that may stand in /dev.
 */
export function getty<D extends Deps = NoDeps>(settings: string | Getty<D>): Service<null> {
  const { tty, baud = [], term, autologin, options = [], ...rest }: Getty<D> = typeof settings === "string"
    ? { tty: settings }
    : settings;
  if (!/^\w[\w/.-]*$/.test(tty) || tty.includes("..")) {
    throw new RangeError(
      `cannot let anybody log in at ${JSON.stringify(tty)}: name it as in /dev, such as "tty1"`,
    );
  }
  const speeds = [baud].flat();
  const argv = [
    "/sbin/agetty",
    // What the boot has said stays to be read.
    "--noclear",
    ...speeds.length === 0 ? ["--keep-baud"] : [],
    ...autologin === undefined ? [] : ["--autologin", autologin],
    ...options,
    "--",
    tty,
    ...speeds.length === 0 ? [] : [speeds.join(",")],
    term ?? (/^tty\d+$/.test(tty) ? "linux" : "vt220"),
  ] as const;
  return makeService({
    ...shared<D>(rest),
    kind: "longrun",
    run: () => ({ argv }),
    undo: null,
    body: null,
    ready: spawned(),
    hooks: noHooks,
    output: null,
    timeout: undefined,
    restart: { delay: seconds(1), backoff: 2, max: seconds(30), ...rest.restart },
    // A login shell takes no notice of SIGTERM.
    stop: { signal: "SIGHUP", timeout: seconds(3), scope: "group", ...rest.stop },
    defined: new Error("defined here"),
  });
}
