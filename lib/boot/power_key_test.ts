import { assertEquals } from "@std/assert";
import type { Guest } from "../driver/mod.ts";
import { linuxOs, openPowerKey, pressesPower, writeAll } from "../os/linux/mod.ts";
import { makePipe } from "../os/linux/pipe.ts";
import type { Fd } from "../os/os.ts";
import { watchPowerKeys } from "./power_key.ts";

/** A struct input_event. */
function inputEvent(type: number, code: number, value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(24));
  view.setUint16(16, type, true);
  view.setUint16(18, code, true);
  view.setInt32(20, value, true);
  return new Uint8Array(view.buffer);
}

const EV_SYN = 0, EV_KEY = 1, EV_REL = 2, KEY_POWER = 116;

function joined(...events: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(events.flatMap((event) => [...event]));
}

Deno.test("pressesPower() finds the power key going down among other events", () => {
  const syn = inputEvent(EV_SYN, 0, 0);
  assertEquals(
    pressesPower(joined(inputEvent(EV_KEY, 30, 1), syn, inputEvent(EV_KEY, KEY_POWER, 1), syn)),
    true,
  );
  assertEquals(pressesPower(joined(inputEvent(EV_KEY, KEY_POWER, 0), syn)), false);
  assertEquals(pressesPower(inputEvent(EV_KEY, KEY_POWER, 2)), false);
  assertEquals(pressesPower(inputEvent(EV_REL, KEY_POWER, 1)), false);
  assertEquals(pressesPower(inputEvent(EV_KEY, KEY_POWER, 1).subarray(0, 23)), false);
});

Deno.test("openPowerKey() refuses what is no input device", () => {
  assertEquals(openPowerKey("/dev/null"), null);
});

Deno.test("watchPowerKeys() hears keys of devices that are there and of those that come, until they go", async () => {
  const os = linuxOs();
  const folder = `${await Deno.makeTempDir()}/input`;
  const guests = new Map<Fd, Guest>();
  const host = {
    attach(fd: Fd, guest: Guest) {
      guests.set(fd, guest);
      os.watch(fd);
    },
    detach(fd: Fd) {
      guests.delete(fd);
      os.close(fd);
    },
  };
  const turn = async () => {
    for (const fd of (await os.wait(5000)).readable) guests.get(fd)?.readable();
  };
  const opened: string[] = [];
  const pipes = new Map<string, ReturnType<typeof makePipe>>();
  /** Stands in for the kernel's devices, of which a test has none. */
  const open = (path: string): Fd | null => {
    const name = path.split("/").at(-1)!;
    opened.push(name);
    if (name === "event1") return null;
    const pipe = makePipe();
    pipes.set(name, pipe);
    return pipe.read;
  };
  let pressed = 0;
  watchPowerKeys(host, os, () => pressed++, folder, open);
  assertEquals(opened, []);
  for (const name of ["event0", "event1", "mice"]) {
    await Deno.writeTextFile(`${folder}/${name}`, "");
    await turn();
  }
  // The one without a power key is asked again whenever another device appears.
  assertEquals(opened, ["event0", "event1", "event1"]);
  const press = () => writeAll(pipes.get("event0")!.write, inputEvent(EV_KEY, KEY_POWER, 1));
  press();
  await turn();
  press();
  await turn();
  assertEquals(pressed, 2);
  os.close(pipes.get("event0")!.write);
  await turn();
  assertEquals(guests.size, 1);
  await Deno.writeTextFile(`${folder}/event2`, "");
  await turn();
  assertEquals(opened.filter((name) => name !== "event1"), ["event0", "event0", "event2"]);
  for (const fd of [...guests.keys()]) host.detach(fd);
  for (const name of ["event0", "event2"]) os.close(pipes.get(name)!.write);
  os.dispose();
  await Deno.remove(folder.slice(0, -"/input".length), { recursive: true });
});
