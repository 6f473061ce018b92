/** What services may use, where the kernel gives us its controllers. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { openGuest } from "./guest.ts";
import { kernel } from "./kernel.ts";
import { VirtualMachine } from "./virtual_machine.ts";

Deno.test("resources hold in a machine: memory, whose want is told, processes, and time", async () => {
  await using guest = await openGuest({ kernel: await kernel(), units: "contained" });
  await using machine = await VirtualMachine.start({ kernel: guest.kernel, initrd: guest.initrd });
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
  assertEquals(await machine.output("cat /sys/fs/cgroup/denit/slow/cpu.max"), "25000 100000\n");

  await machine.output("initctl stop many");
  assertEquals(await machine.output(`ls -d ${folder} 2>/dev/null || echo none`), "none\n");
  await machine.tell("initctl poweroff");
  assertEquals([await machine.ended(), machine.panic], ["guest-shutdown", null]);
});
