import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { type Guest, openGuest } from "./guest.ts";
import { kernel } from "./kernel.ts";
import { statusOf } from "./status.ts";
import { VirtualMachine } from "./virtual_machine.ts";

let opened: Promise<Guest> | null = null;
/** One guest for all tests: building it takes a while. */
const guest = () => opened ??= kernel().then((found) => openGuest({ kernel: found, units: "plain" }));

Deno.test.afterAll(async () => await (await opened)?.[Symbol.asyncDispose]());

Deno.test("init is PID 1 of a real kernel on a bare initramfs: it boots, serves, and powers off", async () => {
  const { generation, kernel: { release }, initrd } = await guest();
  await using machine = await VirtualMachine.start({ kernel: await kernel(), initrd });

  const during = statusOf(await machine.result());
  assertEquals([during.generation, during.pid, during.boot.state], [generation, 1, "booting"]);
  const daemon = during.services.find(({ name }) => name === "daemon");
  assertEquals([daemon?.ready, daemon?.output], [true, { kernel: release }]);

  await machine.line(/^\[ *[\d.]+\] booted in [\d.]+ s$/m);
  const after = statusOf(JSON.parse(await machine.output("initctl status --json")));
  assertEquals(after.boot.state, "ok");
  assertEquals(
    after.services.map(({ name, phase }) => `${name} ${phase}`).sort(),
    ["daemon up", "devices up", "kernel up", "report up", "shell up"],
  );
  assertEquals(await machine.run("readlink /proc/1/exe; cat /proc/1/comm; exit 3"), {
    code: 3,
    stdout: "/init\ninit\n",
    stderr: "",
  });

  await machine.tell("initctl poweroff");
  assertEquals(await machine.ended(), "guest-shutdown");
  assertEquals(machine.panic, null);
  const story = [
    `denit .*: generation ${generation}, 5 services, pid 1`,
    "daemon +waits for kernel",
    "kernel +done after",
    "daemon +ready after",
    "report +done after",
    "booted in",
    "poweroff was asked for: shutting down",
    "daemon +down after",
    "kernel +down after",
    "everything is down\\n",
    "reboot: Power down",
  ];
  assertMatch(machine.console, new RegExp(story.join("[^]*")));
});

Deno.test("a machine whose init has died ends in a panic, which no test can take for anything else", async () => {
  const { initrd } = await guest();
  // The kernel starts this in place of /init; it ends at once.
  await using machine = await VirtualMachine.start({
    kernel: await kernel(),
    initrd,
    append: ["rdinit=/bin/false"],
  });
  assertEquals(await machine.ended(), "panic");
  assertStringIncludes(machine.panic ?? "", "Attempted to kill init!");
  const reset = machine.events.find(({ event }) => event === "SHUTDOWN");
  assertEquals(reset?.data.reason, "guest-reset");
  const failure = await assertRejects(() => machine.line(/booted in/), Error, "nothing more will");
  assertStringIncludes(failure.message, "Kernel panic - not syncing");
  assertEquals((await machine.results.next()).done, true);
  await assertRejects(() => machine.run("true"));
  await assertRejects(() => machine.qmp("query-status"));
});
