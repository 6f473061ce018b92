import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { delay } from "@std/async/delay";
import { join } from "@std/path";
import { makeDisk, readFromDisk, wasUnmounted } from "./disk.ts";
import { type Guest, openGuest } from "./guest.ts";
import { kernel } from "./kernel.ts";
import { statusOf } from "./status.ts";
import { PATIENCE } from "./text_stream.ts";
import { VirtualMachine } from "./virtual_machine.ts";

let opened: Promise<Guest> | null = null;
/**
 * One initramfs for all tests, with stage 1. Both generations are the same init, as what there is to unpack costs each
 * boot two seconds; the kernel's command line says what is wrong with the one that boots.
 */
const guest = () =>
  opened ??= kernel().then((found) =>
    openGuest({
      kernel: found,
      units: "guarded",
      modules: ["softdog", "button", "evdev"],
      links: { "/generations/previous/init": "/init", "/generations/next/init": "/init" },
    })
  );

Deno.test.afterAll(async () => await (await opened)?.[Symbol.asyncDispose]());

/** A machine that is switched on and off, with its disk: there is a generation `previous`, and perhaps a `next`. */
class Node implements AsyncDisposable {
  readonly #folder: string;
  readonly disk: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.disk = join(folder, "disk");
  }

  /** @param tries How often the next generation may be booted. Default: there is none. */
  static async make(tries?: number): Promise<Node> {
    const node = new Node(await Deno.makeTempDir({ prefix: "denit-node-" }));
    const next = { "/generations/next/number": "2\n", "/generations/next/status": `pending ${tries}\n` };
    const files = {
      "/generations/previous/number": "1\n",
      "/generations/previous/status": "ok\n",
      ...(tries === undefined ? {} : next),
    };
    await makeDisk({ path: node.disk, files, size: 16 });
    return node;
  }

  /** Switches it on. It ends at a reset. */
  async boot(words: readonly string[] = [], writesHeld = false): Promise<VirtualMachine> {
    const { kernel, initrd } = await guest();
    const append = ["rdinit=/bin/vm-stage1", ...words];
    return await VirtualMachine.start({ kernel, initrd, disks: [this.disk], append, writesHeld });
  }

  /** What the status file of the next generation says, while the machine is off. */
  verdict(): Promise<string> {
    return readFromDisk(this.disk, "/generations/next/status");
  }

  /** Whether a text is on its disk, in whatever block. */
  async holds(text: string): Promise<boolean> {
    return new TextDecoder("latin1").decode(await Deno.readFile(this.disk)).includes(text);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Deno.remove(this.#folder, { recursive: true });
  }
}

/** Waits until the console has shown all of these, one after the other. */
function story(machine: VirtualMachine, ...parts: readonly string[]): Promise<RegExpExecArray> {
  return machine.line(new RegExp(parts.join("[^]*?")));
}

/** Waits until the machine is up in a generation, and a shell answers; what it knows of its generations. */
async function isUp(machine: VirtualMachine, id: string): Promise<string> {
  await story(machine, `denit .*: generation ${id}, `, "booted in");
  await machine.line(new RegExp(`generation ${id} is ok`));
  return await machine.output("/init generations /persist/generations");
}

Deno.test("a generation whose maintainer never becomes ready has failed at the deadline, and the one before boots and says why", async () => {
  await using node = await Node.make();
  {
    await using machine = await node.boot();
    await machine.line(/generation previous is ok/);
    await machine.line(/shell +ready/);
    await machine.output("/init add-generation /persist/generations next");
    await machine.tell("initctl reboot");
    assertEquals(await machine.ended(), "guest-reset");
    assertEquals(await node.verdict(), "pending 3\n");
  }
  {
    await using machine = await node.boot(["fault=silent", "denit.deadline=8"]);
    await story(
      machine,
      "next is booted: it is pending, tries left after this one: 2",
      "generation next has failed: the deadline has passed, and not ready are maintainer",
      "everything is down",
    );
    assertEquals([await machine.ended(), machine.panic], ["guest-reset", null]);
    assertEquals(await node.verdict(), "failed not ready: maintainer\n");
    assertEquals(await wasUnmounted(node.disk), true);
  }
  await using machine = await node.boot();
  await story(
    machine,
    "next is passed over: it has failed: not ready: maintainer",
    "previous is booted: it is ok",
  );
  assertMatch(
    await isUp(machine, "previous"),
    /^ +next +2 +failed: not ready: maintainer\n\* +previous +1 +ok\n$/m,
  );
  const { generation, boot } = statusOf(JSON.parse(await machine.output("initctl status --json")));
  assertEquals([generation, boot.state], ["previous", "ok"]);
});

Deno.test("a generation that brings the kernel down is tried as often as it may be, and then the one before boots", async () => {
  await using node = await Node.make(2);
  for (const told of ["tries left after this one: 1", "this is its last try"]) {
    await using machine = await node.boot(["fault=panic"]);
    await story(machine, `next is booted: .*${told}`, "Kernel panic - not syncing: sysrq triggered crash");
    assertEquals(await machine.ended(), "panic");
  }
  await using machine = await node.boot();
  await story(machine, "next is passed over from now on: it never said ok, and has no tries left");
  const listed = await isUp(machine, "previous");
  assertMatch(listed, /^ +next +2 +failed: it never said ok, and has no tries left\n\* +previous /m);
});

Deno.test("a generation that hangs PID 1 is ended by the watchdog, and the one before boots", async () => {
  await using node = await Node.make(1);
  {
    await using machine = await node.boot(["fault=hang"]);
    await story(machine, "next is booted: .*this is its last try", "softdog: Initiating system reboot");
    assertEquals([await machine.ended(), machine.panic], ["guest-reset", null]);
  }
  await using machine = await node.boot();
  await story(machine, "next is passed over from now on: it never said ok");
  await isUp(machine, "previous");
});

/** How many writes to its disk a machine has done. */
async function writesOf(machine: VirtualMachine): Promise<number> {
  const [disk] = await machine.qmp("query-blockstats") as { stats: { wr_operations: number } }[];
  return disk!.stats.wr_operations;
}

/**
 * Cuts the power of a node between two writes: lets one after the other pass until a text is on the disk, and then some
 * more, but not so many that the console tells that all of them are done.
 */
async function cut(node: Node, words: readonly string[], text: string, more: number, done: RegExp) {
  await using machine = await node.boot(words, true);
  const until = Date.now() + PATIENCE;
  for (let writes = 0, left = more;;) {
    while (await writesOf(machine) === writes) {
      assert(Date.now() < until, `waited ${PATIENCE / 1000} s for ${text} on the disk`);
      await delay(10);
    }
    writes = await writesOf(machine);
    if (await node.holds(text) && left-- === 0) break;
    const none = { bps: 0, bps_rd: 0, iops: 0, iops_rd: 0, iops_wr: 0 };
    await machine.qmp("block_set_io_throttle", { device: "virtio0", ...none, bps_wr: 1 });
  }
  assert(!done.test(machine.console), `it was over before the power went: ${done}`);
  machine.kill();
  assertEquals(await machine.ended(), "killed");
}

/** Switches a node on until it is up, like somebody whose machine resets; in which generation that is. */
async function comesUp(node: Node, words: readonly string[] = []): Promise<string> {
  for (let boots = 0; boots < 3; boots++) {
    await using machine = await node.boot(words);
    const [, id] = await machine.line(/generation (\w+) is ok|Kernel panic/);
    assertNotMatch(machine.console, /no readable status|last resort/);
    if (id !== undefined) return id;
    assertEquals(await machine.ended(), "panic");
  }
  throw new Error("it does not come up");
}

Deno.test("a power cut amid the count of a try, or amid ok, leaves a node that comes up in its new generation", async () => {
  await using node = await Node.make(9);
  await cut(node, [], "pending 8", 0, /next is booted/);
  await cut(node, [], "status.tmp", 2, /next is booted/);
  await cut(node, [], "status.new", 1, /next is ok/);
  assertEquals(await comesUp(node), "next");
});

Deno.test("a power cut amid failed leaves a node that comes up in the generation before", async () => {
  await using node = await Node.make(2);
  await cut(node, ["fault=silent", "denit.deadline=8"], "failed not ready", 1, /next has failed/);
  // Whether that is on the disk or not: it is tried once more at most.
  assertEquals(await comesUp(node, ["fault=panic"]), "previous");
});
