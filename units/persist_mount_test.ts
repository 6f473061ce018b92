import { assertEquals } from "@std/assert";
import { machine } from "./machine.ts";
import { deviceOf } from "./persist_mount.ts";

Deno.test("deviceOf() takes the device from the kernel's command line, the last one if there are several", () => {
  assertEquals(deviceOf("quiet fortros.persist=/dev/sda3 panic=-1\n"), "/dev/sda3");
  assertEquals(deviceOf("fortros.persist=/dev/sda3 fortros.persist=/dev/nvme0n1p2"), "/dev/nvme0n1p2");
});

Deno.test("deviceOf() falls back on the machine's own device", () => {
  for (const line of ["", "\n", "quiet", "fortros.persist=", "notfortros.persist=/dev/sda3"]) {
    assertEquals(deviceOf(line), machine.persist.device);
  }
});
