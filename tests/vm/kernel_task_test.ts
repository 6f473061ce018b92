import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { makeDisk, readFromDisk } from "./disk.ts";
import { openGuest } from "./guest.ts";
import { kernel } from "./kernel.ts";
import { statusOf } from "./status.ts";
import { VirtualMachine } from "./virtual_machine.ts";

/** What each service has yielded, by name. */
async function outputs(machine: VirtualMachine): Promise<Record<string, unknown>> {
  const { services } = statusOf(JSON.parse(await machine.output("initctl status --json")));
  return Object.fromEntries(services.map(({ name, output }) => [name, output]));
}

Deno.test("init tells the kernel itself what it needs: modules, names, randomness, the time", async () => {
  const folder = await Deno.makeTempDir({ prefix: "denit-tasks-" });
  try {
    const disk = await makeDisk({ path: join(folder, "disk"), files: {}, label: "persist" });
    await using guest = await openGuest({
      kernel: await kernel(),
      units: "kernel_tasks",
      modules: ["dm-crypt"],
    });
    {
      await using machine = await VirtualMachine.start({ ...guest, disks: [disk] });
      await machine.line(/booted in .*, but not all of it is up/);
      const { modules, again, name, lo, clock } = await outputs(machine);
      const { loaded } = modules as { loaded: string[] };
      assert(
        loaded.indexOf("dm_mod") >= 0 && loaded.indexOf("dm_mod") < loaded.indexOf("dm_crypt"),
        loaded.join(),
      );
      assert(!loaded.includes("ext4"), "it is built into this kernel");
      assertEquals([again, name, lo, clock], [
        { loaded: [] },
        { name: "denit-vm" },
        { interface: "lo" },
        { movedBy: 0 },
      ]);
      assertMatch(await machine.output("cat /proc/modules"), /^dm_crypt /m);
      assertEquals(await machine.output("hostname"), "denit-vm\n");
      assertMatch(await machine.output("ping -c 1 127.0.0.1"), / 1 packets received/);
      const why = await machine.run("initctl why missing");
      assertStringIncludes(
        why.stdout,
        `cannot load module wiregard: ENOENT (it is neither loaded nor built in, nor in /lib/modules/${guest.kernel.release}/modules.dep)`,
      );
      await machine.output("date -s '2040-05-06 07:08:09'");
      await machine.tell("initctl reboot");
      assertEquals(await machine.ended(), "guest-reset");
    }
    const saved = await readFromDisk(disk, "/random-seed");
    {
      await using machine = await VirtualMachine.start({ ...guest, disks: [disk] });
      await machine.line(/booted in .*, but not all of it is up/);
      const { seed, clock } = await outputs(machine);
      assertEquals(seed, { bits: 256 });
      const { movedBy } = clock as { movedBy: number };
      assert(movedBy > 365 * 86_400_000, `by ${movedBy} ms`);
      assertMatch(await machine.output("date"), /May +6 .*2040/);
      await machine.output("sync");
      machine.kill();
      await machine.ended();
    }
    assert(
      await readFromDisk(disk, "/random-seed") !== saved,
      "no seed is used twice, not even after a power cut",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
