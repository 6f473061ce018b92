import { assertEquals } from "@std/assert";
import { ConsoleWatch } from "./boot_vm_console.ts";

/** The verdict on a machine whose console has shown these lines. */
function verdict(lines: readonly string[], reason: string | null = "guest-shutdown") {
  const watch = new ConsoleWatch();
  // In pieces, as a console brings them.
  for (const piece of lines.map((line) => `${line}\r\n`).join("").match(/[^]{1,7}/g) ?? []) watch.take(piece);
  return watch.judge(reason);
}

const booted = "[    1.234] booted in 1.230 s", down = "[    2.000] everything is down";

Deno.test("ConsoleWatch finds a boot clean that is up and goes down in order, switched off or reset", () => {
  for (const reason of ["guest-shutdown", "guest-reset"]) {
    assertEquals(verdict([booted, "~ # " + down], reason), ["booted in 1.230 s; all clean", 0]);
  }
  assertEquals(verdict([down]), ["all clean", 0]);
});

Deno.test("ConsoleWatch finds what is not clean", () => {
  const [, lost] = verdict([`${booted}, but not all of it is up`, down]);
  const [, killed] = verdict([booted, `${down}, but not all of it went cleanly`]);
  const [, silent] = verdict([booted]);
  assertEquals([lost, killed, silent], [1, 1, 1]);
});

Deno.test("ConsoleWatch tells a missed deadline, a panic and a cut from each other", () => {
  const late = "[   90.000] generation 3f2a has failed: the deadline has passed, and not ready are web";
  assertEquals(verdict([late, down]), ["the boot watchdog expired", 2]);
  assertEquals(verdict(["[    0.9] Kernel panic - not syncing: Attempted to kill init!"], "guest-reset"), [
    "the kernel has panicked: Attempted to kill init!",
    1,
  ]);
  assertEquals(verdict([booted, down], null), ["booted in 1.230 s; the machine was cut off", 1]);
});

Deno.test("ConsoleWatch takes the words of a service for what they are", () => {
  assertEquals(verdict(["[    1.000] web: everything is down", "[    1.000] web: booted in 1.0 s"]), [
    "boot or shutdown not clean",
    1,
  ]);
});
