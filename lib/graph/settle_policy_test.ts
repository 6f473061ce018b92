import { assertEquals } from "@std/assert";
import { never } from "../define/policy.ts";
import { defineService, definition } from "../define/service.ts";
import { notificationFd } from "../readiness/notification_fd.ts";
import { sdNotify } from "../readiness/sd_notify.ts";
import { settlePolicy } from "./settle_policy.ts";

const run = () => ({ argv: ["/a"] as const });

Deno.test("settlePolicy() fills in the defaults of a longrun", () => {
  assertEquals(settlePolicy(defineService({ run, ready: notificationFd(3) })[definition]), {
    startTimeout: 60_000,
    stopSignal: "SIGTERM",
    stopTimeout: 10_000,
    extend: 0,
    restart: {
      on: "always",
      delay: 200,
      backoff: 2,
      max: 30_000,
      reset: 10_000,
      giveUp: null,
      permanent: [],
    },
    undo: false,
    triggered: false,
  });
});

Deno.test("settlePolicy() fills in the defaults of a oneshot", () => {
  const { startTimeout, restart, undo } = settlePolicy(
    defineService({ kind: "oneshot", run, undo: run })[definition],
  );
  assertEquals([startTimeout, restart.on, undo], [60_000, "never", true]);
  assertEquals(restart.giveUp, { after: 3, within: null, then: "stay-down" });
});

Deno.test("settlePolicy() takes every setting that is given", () => {
  const restart = { on: "on-failure", delay: 1, backoff: 3, max: 4, reset: 5, permanent: [6] } as const;
  const giveUp = { after: 7, within: 8, then: "reboot" } as const;
  const settle = (chosen: typeof giveUp | typeof never) =>
    settlePolicy(
      defineService({
        run,
        ready: sdNotify({ timeout: 9, extend: 11 }),
        stop: { signal: "SIGINT", timeout: 10 },
        restart: { ...restart, giveUp: chosen },
      })[definition],
    );
  assertEquals(settle(giveUp), {
    startTimeout: 9,
    stopSignal: "SIGINT",
    stopTimeout: 10,
    extend: 11,
    restart: { ...restart, giveUp },
    undo: false,
    triggered: false,
  });
  assertEquals(settle(never).restart.giveUp, null);
});
