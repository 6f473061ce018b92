import { assert, assertEquals, assertMatch, assertNotEquals, assertNotMatch } from "@std/assert";
import { join } from "@std/path";
import { decryptDisk, readFromDisk, wasUnmounted } from "./disk.ts";
import { openMesh } from "./fortros_node.ts";
import { hostCommand } from "./host_command.ts";
import { kernel } from "./kernel.ts";
import { statusOf } from "./status.ts";
import { VirtualMachine } from "./virtual_machine.ts";

/** What is told of an entry of the journal here. `t` is CLOCK_MONOTONIC in ns. */
interface Entry {
  readonly t: number;
  readonly event: string;
  readonly service?: string;
}

/** What needs what in `units/`: the order in which it comes up, and the opposite of that in which it goes down. */
const edges = [
  ["modules", "persist-mount"],
  ["lo", "wireguard"],
  ["persist-mount", "wireguard"],
  ["persist-mount", "seed"],
  ["persist-mount", "fortros-key-service"],
  ["wireguard", "fortros-maintainer"],
  ["fortros-maintainer", "boot-watchdog"],
  ["fortros-maintainer", "fortros-reconciler"],
  ["fortros-key-service", "fortros-reconciler"],
] as const;

/** Settles once the tunnel has had a handshake; fails with the machine's console if it never does. */
const handshake = "until wg show wg0 latest-handshakes | grep -q '[1-9][0-9]*$'; do sleep 0.1; done";

Deno.test("a machine of FortrOS unlocks its volume, waits for its neighbour behind WireGuard, and powers off with the volume clean", async () => {
  const scratch = await Deno.makeTempDir({ prefix: "denit-node-" });
  try {
    await using mesh = await openMesh({ kernel: await kernel(), neighbour: "silent_neighbour" });
    assertMatch(await hostCommand(["cryptsetup", "luksDump", mesh.disk]), /^Version:\s+2$/m);
    // The deadline of `units/` is for a machine whose neighbour is there, and not emulated beside it.
    await using node = await VirtualMachine.start({ ...mesh.node, append: ["denit.deadline=600"] });
    await node.line(/fortros-maintainer +starts/);

    // Until here there was nobody to shake hands with. Now there is, but nobody at the end of the tunnel to pull from.
    await using neighbour = await VirtualMachine.start(mesh.neighbour);
    await neighbour.line(/tunnel +done/);
    await neighbour.output(handshake);
    const [uptime = "", ...text] = (await node.output("cat /proc/uptime; initctl status --json")).split("\n");
    const waiting = statusOf(JSON.parse(text.join("\n")));
    assertEquals([waiting.pid, waiting.generation, waiting.boot.state], [1, mesh.generation, "booting"]);
    const phase = (name: string) => waiting.services.find((service) => service.name === name)?.phase;
    assertNotEquals(phase("fortros-maintainer"), "up");
    assertEquals([phase("wireguard"), phase("fortros-key-service")], ["up", "up"]);
    assertEquals([phase("fortros-reconciler"), phase("boot-watchdog")], ["blocked", "blocked"]);
    assertNotMatch(neighbour.console, /has pulled/);

    await neighbour.output("initctl start provisioner");
    // An address that only the holder of the machine's private key can have sent from.
    await neighbour.line(/provisioner: 10\.77\.0\.2 has pulled the tree/);
    await node.line(new RegExp(`generation ${mesh.generation} is ok`));
    await node.line(/booted in/);
    const status = statusOf(JSON.parse(await node.output("initctl status --json")));
    assertEquals(status.boot.state, "ok");
    assertEquals(status.services.filter(({ ready }) => !ready), []);
    const yielded = Object.fromEntries(status.services.map(({ name, output }) => [name, output]));
    assertEquals(yielded["persist-mount"], { path: "/persist", device: "/dev/mapper/persist" });
    assertEquals(yielded["wireguard"], { iface: "wg0", address: "10.77.0.2" });

    const journal = (await node.output("cat /run/denit/boot.jsonl")).trim().split("\n")
      .map((line): Entry => JSON.parse(line));
    const indexOf = (event: string, service: string) => {
      const index = journal.findLastIndex((entry) => entry.event === event && entry.service === service);
      assert(index !== -1, `${service} has had no ${event}`);
      return index;
    };
    for (const [dependency, dependent] of edges) {
      const [ready, started] = [indexOf("up", dependency), journal.findIndex(startOf(dependent))];
      assert(ready < started, `${dependent} started before ${dependency} was ready`);
    }
    // The maintainer was ready once, and not before the provisioner was started.
    const pulled = journal.filter(({ event, service }) =>
      event === "ready" && service === "fortros-maintainer"
    );
    assertEquals(pulled.length, 1);
    const before = Number(uptime.split(" ")[0]) * 1e9;
    assert(
      before > 0 && pulled[0]!.t > before,
      `ready at ${pulled[0]!.t} ns, and the pull came after ${before}`,
    );

    // Mounted, the file system is not clean: so that it is at the end says something.
    assertEquals(await node.output("cat /sys/block/dm-0/dm/name; sync"), "persist\n");
    assertEquals(await wasUnmounted(await decryptDisk(mesh.disk, mesh.key, join(scratch, "live"))), false);

    await node.tell("initctl poweroff");
    assertEquals(await node.ended(), "guest-shutdown");
    const end = node.console.slice(node.console.indexOf("poweroff was asked for"));
    assertMatch(end, /everything is down/);
    assertNotMatch(end, /not cleanly|failed|cannot|is killed/);
    const down = (name: string) => {
      const place = end.search(new RegExp(`${name} +down after`));
      assert(place !== -1, `${name} is not told to be down:\n${end}`);
      return place;
    };
    // The undo of `persist-mount` is what unmounts the volume and closes its mapping.
    for (const [dependency, dependent] of edges) {
      assert(down(dependent) < down(dependency), `${dependency} went down before ${dependent}`);
    }

    const volume = await decryptDisk(mesh.disk, mesh.key, join(scratch, "volume"));
    assertEquals(await wasUnmounted(volume), true);
    await hostCommand(["e2fsck", "-f", "-n", volume]);
    assertEquals(await readFromDisk(volume, `/generations/${mesh.generation}/status`), "ok\n");
    assertMatch(await readFromDisk(volume, "/tree/current"), /Welcome/);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
});

function startOf(name: string): (entry: Entry) => boolean {
  return ({ event, service }) => event === "starting" && service === name;
}
