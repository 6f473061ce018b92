/** What is init's to do where it is the init of a whole machine: its console, its keys, its watchdog. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Guest, openGuest } from "./guest.ts";
import { kernel } from "./kernel.ts";
import { VirtualMachine } from "./virtual_machine.ts";

let opened: Promise<Guest> | null = null;
const guest = () =>
  opened ??= kernel().then((found) =>
    openGuest({ kernel: found, units: "guarded", modules: ["softdog", "button", "evdev"] })
  );

Deno.test.afterAll(async () => await (await opened)?.[Symbol.asyncDispose]());

async function start(...append: readonly string[]): Promise<VirtualMachine> {
  const { kernel, initrd } = await guest();
  return await VirtualMachine.start({ kernel, initrd, append });
}

/** The kernel says so when a watchdog is closed that goes on: it guards the way to the next kernel. */
const HANDED_OVER = /watchdog: watchdog0: watchdog did not stop!/;

Deno.test("denit.single gives a shell before the boot, which goes on when it is left, while a watchdog is petted; Ctrl-Alt-Del restarts in order", async () => {
  await using machine = await start("denit.single");
  await machine.line(/denit\.single: nothing is started yet\.\nThis is a shell on \/dev\/ttyS0\./);
  assert(!/ starts$/m.test(machine.console));
  // From the moment that its driver is there init guards the machine, here for longer than the watchdog would wait.
  await machine.type("modprobe softdog\n");
  await machine.type("until grep '^active' /sys/class/watchdog/watchdog0/state; do sleep 0.2; done\n");
  await machine.type("sleep 12; echo petted $((6 * 7)) $(cat /sys/class/watchdog/watchdog0/timeout)\n");
  await machine.line(/^petted 42 10$/m);
  await machine.type("exit\n");
  await machine.line(/booted in/);
  await machine.line(/shell +ready/);
  assertEquals(await machine.output("sleep 12; cat /sys/class/watchdog/watchdog0/state"), "active\n");
  const keys = ["ctrl", "alt", "delete"].map((data) => ({ type: "qcode", data }));
  await machine.qmp("send-key", { keys });
  await machine.line(/SIGINT: shutting down[^]*everything is down/);
  assertEquals([await machine.ended(), machine.panic], ["guest-reset", null]);
  assertMatch(machine.console, HANDED_OVER);
});

Deno.test("denit.rescue gives a shell after a boot that has failed, and the machine starts anew when it is left", async () => {
  await using machine = await start("denit.rescue", "fault=silent", "denit.deadline=6");
  await machine.line(/has failed: the deadline has passed, and not ready are maintainer/);
  await machine.line(/everything is down[^]*The boot of generation \w+ has failed\.\nThis is a shell on/);
  await machine.type("echo still $((6 * 7))\n");
  await machine.line(/^still 42$/m);
  await machine.type("exit\n");
  assertEquals([await machine.ended(), machine.panic], ["guest-reset", null]);
});

Deno.test("the power key switches the machine off in order, and the watchdog with it", async () => {
  await using machine = await start();
  await machine.line(/duties +done/);
  await machine.line(/booted in/);
  await machine.qmp("system_powerdown");
  await machine.line(/power key: shutting down[^]*everything is down/);
  assertEquals(await machine.ended(), "guest-shutdown");
  assert(!HANDED_OVER.test(machine.console), "it would come up again by itself");
});
