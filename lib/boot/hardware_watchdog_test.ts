import { assertEquals, assertMatch } from "@std/assert";
import { HardwareWatchdog } from "./hardware_watchdog.ts";

/** A watchdog whose device is a file: it takes what is written, and no timeout. */
async function guarded(begin: number, exists = true) {
  const folder = await Deno.makeTempDir();
  const device = `${folder}/watchdog`;
  const appear = () => Deno.writeTextFileSync(device, "");
  if (exists) appear();
  const faults: string[] = [];
  const watchdog = new HardwareWatchdog({ device, timeout: 9000 }, begin, (fault) => faults.push(fault));
  return {
    watchdog,
    faults,
    appear,
    /** What the device was told so far, `.` for each time that it was petted. */
    told: () => Deno.readTextFileSync(device).replaceAll("\0", "."),
    /** Lets time pass up to a moment, and rings whenever it is due. */
    until(now: number) {
      while (watchdog.due() <= now) watchdog.ring(watchdog.due());
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test("HardwareWatchdog pets the device at a third of its timeout, and only when it is rung", async () => {
  await using dog = await guarded(1000);
  assertEquals(dog.watchdog.due(), 1000);
  dog.watchdog.ring(999);
  assertEquals(dog.told(), "");
  dog.watchdog.ring(1000);
  assertEquals([dog.told(), dog.watchdog.due()], [".", 4000]);
  dog.watchdog.ring(3999);
  dog.until(10_000);
  assertEquals([dog.told(), dog.watchdog.due()], ["....", 13_000]);
  dog.watchdog.handOver("restart");
});

Deno.test("HardwareWatchdog says that a device keeps its own timeout, once", async () => {
  await using dog = await guarded(0);
  dog.until(60_000);
  assertEquals(dog.faults.length, 1);
  assertMatch(dog.faults[0]!, /^cannot set the watchdog's timeout to 9 s: ENOTTY .*; it stays at 9 s$/);
  dog.watchdog.handOver("restart");
});

Deno.test("HardwareWatchdog looks for a device until its driver is loaded", async () => {
  await using dog = await guarded(0, false);
  dog.until(12_500);
  assertEquals(dog.watchdog.due(), 13_000);
  dog.appear();
  dog.until(13_000);
  assertEquals(dog.told(), ".");
  assertEquals(dog.faults.filter((fault) => !fault.includes("timeout")), []);
  dog.watchdog.handOver("restart");
});

Deno.test("HardwareWatchdog tells after a while, once, that there is no device, and looks on less often", async () => {
  await using dog = await guarded(0, false);
  dog.until(29_000);
  assertEquals(dog.faults, []);
  dog.until(200_000);
  assertEquals(dog.faults.length, 1);
  assertMatch(dog.faults[0]!, /^no watchdog guards this machine: cannot open .*watchdog: ENOENT/);
  assertEquals(dog.watchdog.due(), 210_000);
  dog.appear();
  dog.until(210_000);
  assertEquals(dog.told(), ".");
  dog.watchdog.handOver("restart");
});

Deno.test("HardwareWatchdog leaves the device armed over a restart, and disarms it for what must stay as it is", async () => {
  for (
    const [command, last] of [["restart", "."], ["poweroff", ".V"], ["halt", ".V"], ["kexec", ".V"]] as const
  ) {
    await using dog = await guarded(0);
    dog.until(0);
    dog.watchdog.handOver(command);
    assertEquals(dog.told(), last);
    // It is nobody's any more.
    assertEquals(dog.watchdog.due(), Infinity);
    dog.watchdog.ring(1_000_000);
    dog.watchdog.handOver("poweroff");
    assertEquals(dog.told(), last);
  }
});

Deno.test("HardwareWatchdog says once that its device fails, and goes on trying", () => {
  const faults: string[] = [];
  const settings = { device: "/dev/full", timeout: 9000 };
  const watchdog = new HardwareWatchdog(settings, 0, (fault) => faults.push(fault));
  for (const now of [0, 3000, 6000]) {
    assertEquals(watchdog.due(), now);
    watchdog.ring(now);
  }
  assertEquals(faults.filter((fault) => /^cannot pet the watchdog: ENOSPC/.test(fault)).length, 1);
});
