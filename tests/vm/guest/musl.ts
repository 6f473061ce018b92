/** A machine in whose root everything but init is linked against musl. */
import {
  defineBundle,
  defineService,
  defineSystem,
  hostname,
  json,
  loopback,
  notificationFd,
  script,
  seconds,
} from "denit";
import { devices } from "./devices.ts";

export { devices };
export const name = hostname("musl");
export const lo = loopback();

/** Shows to its log what a child of init inherits, and ends. */
export const first = defineService({ kind: "oneshot", run: () => ({ argv: ["/bin/show"] }) });

/** Runs in a process of the init binary, in an image that has no other glibc; it resolves a name by that glibc. */
export const resolve = script({
  deps: { lo },
  run: () => {
    using listener = Deno.listen({ hostname: "somewhere", port: 0 });
    const { addr } = listener;
    return {
      program: Deno.execPath(),
      libraries: Object.keys(Deno.env.toObject()).filter((name) => name.startsWith("LD_")),
      hostname: addr.transport === "tcp" ? addr.hostname : null,
    };
  },
});

/** Needs what both have done, and stays. */
export const last = defineService({
  deps: { first, resolve },
  run: () => ({ argv: ["/bin/show", "stay"] }),
  ready: notificationFd(3, { parse: json<{ libc: string }>(), timeout: seconds(30) }),
});

/** Runs the commands that a test sends into the machine; it is no shell. */
export const agent = defineService({
  deps: { devices },
  run: () => ({ argv: ["/bin/agent"] }),
  ready: notificationFd(3, { timeout: seconds(30) }),
  log: { to: "console" },
});

export default defineSystem({ boot: defineBundle([name, last, agent]) });
