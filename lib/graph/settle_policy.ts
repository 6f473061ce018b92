import type { Restart } from "../define/policy.ts";
import type { Definition } from "../define/service.ts";
import { minutes, seconds } from "../define/time.ts";
import type { Policy } from "./graph.ts";

/** How long after SIGKILL a process may still be there before it is said to be stuck in the kernel. */
export const killGrace = seconds(5);

/**
 * Fills in the defaults that the docstrings of lib/define promise.
 *
 * @example
 * ```ts
 * import { definition } from "../define/service.ts";
 * import { mount } from "denit";
 * import { settlePolicy } from "../graph/mod.ts";
 *
 * const { startTimeout, restart } = settlePolicy(mount({ device: "tmpfs", path: "/scratch" })[definition]);
 * if (startTimeout !== 60_000 || restart.on !== "never") throw new Error("the defaults of a oneshot");
 * ```
 */
export function settlePolicy(definition: Definition): Policy {
  const { kind, ready, timeout, restart, stop } = definition;
  return {
    startTimeout: ready?.timeout ?? timeout ?? seconds(60),
    stopSignal: stop.signal ?? "SIGTERM",
    stopTimeout: stop.timeout ?? seconds(10),
    extend: ready?.mailbox === undefined ? 0 : ready.mailbox.extend ?? minutes(10),
    restart: {
      on: restart.on ?? (kind === "longrun" ? "always" : "never"),
      delay: restart.delay ?? seconds(0.2),
      backoff: restart.backoff ?? 2,
      max: restart.max ?? seconds(30),
      reset: restart.reset ?? seconds(10),
      giveUp: giveUp(restart, kind === "longrun"),
      permanent: restart.permanent ?? [],
    },
    undo: definition.undo !== null,
    triggered: definition.trigger !== undefined,
  };
}

function giveUp(restart: Restart, longrun: boolean): Policy["restart"]["giveUp"] {
  const chosen = restart.giveUp ?? (longrun ? "never" : { after: 3 });
  if (chosen === "never") return null;
  return { after: chosen.after, within: chosen.within ?? null, then: chosen.then ?? "stay-down" };
}
