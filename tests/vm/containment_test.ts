/** What services may use, where the kernel gives us its controllers. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { openGuest } from "./guest.ts";
import { kernel } from "./kernel.ts";
import { emptyDisk } from "./disk.ts";
import { VirtualMachine } from "./virtual_machine.ts";

Deno.test("resources hold in a machine: memory, whose want is told, processes, and time; a timer sees that the clock is set", async () => {
  await using guest = await openGuest({ kernel: await kernel(), units: "contained" });
  await using disk = await emptyDisk();
  const { initrd } = guest;
  await using machine = await VirtualMachine.start({ kernel: guest.kernel, initrd, disks: [disk.path] });
  await machine.line(/booted in/);
  const { services } = JSON.parse(await machine.output("initctl status --json"));
  const told = Object.fromEntries(
    services.map((
      service: Record<string, unknown>,
    ) => [service.name, [service.contained, service.unenforced]]),
  );
  for (const name of ["hungry", "many", "slow"]) assertEquals(told[name], ["cgroup", []], name);

  const why = await machine.run("initctl why hungry");
  assertStringIncludes(why.stdout, "killed by SIGKILL as it was out of memory");

  const folder = "/sys/fs/cgroup/denit/many";
  assertEquals(await machine.output(`cat ${folder}/pids.max ${folder}/pids.current`), "12\n11\n");
  assert(/^max [1-9]/m.test(await machine.output(`cat ${folder}/pids.events`)));
  const limits = ["cpu.max", "cpu.weight", "memory.high", "io.max"].join(" ");
  assertEquals(
    await machine.output(`cd /sys/fs/cgroup/denit/slow && cat ${limits}`),
    "25000 100000\n20\n67108864\n254:0 rbps=max wbps=1048576 riops=100 wiops=max\n",
  );

  const [{ usage }] = JSON.parse(await machine.output("initctl status --json many")).services;
  assertEquals(usage.processes, 11);
  assert(usage.memory > 4096 && usage.memoryPeak >= usage.memory && usage.cpuMicros > 0);
  const counts = (part: unknown) => typeof part === "number" && part >= 0 && part <= 100;
  assert(Object.values(usage.pressure).every(counts), JSON.stringify(usage.pressure));
  const text = await machine.output("initctl status many");
  assert(/ [0-9.]+ [KM]iB \(at most [0-9.]+ [KM]iB\) +cpu [0-9.]+ s +11 processes/.test(text), text);

  // A clock that is set is seen at once, and what comes by it comes.
  const log = "/run/denit/log/new-year.log";
  const happened = `until grep -q happy ${log}; do sleep 0.1; done 2>/dev/null; cat ${log}`;
  assertStringIncludes(
    await machine.output(`date -u -s '2041-12-31 23:59:58' >/dev/null; ${happened}`),
    "2042",
  );

  await machine.output("initctl stop many");
  assertEquals(await machine.output(`ls -d ${folder} 2>/dev/null || echo none`), "none\n");
  await machine.tell("initctl poweroff");
  assertEquals([await machine.ended(), machine.panic], ["guest-shutdown", null]);
});
