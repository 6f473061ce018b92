import { assert, assertEquals } from "@std/assert";
import { listMounts } from "./mountinfo.ts";

Deno.test("listMounts() reads point, type, device and the file system's own options, whatever tags there are", () => {
  const text = [
    "22 27 0:21 / /proc rw,relatime - proc proc rw",
    "27 1 254:0 / / ro,relatime shared:1 master:2 - ext4 /dev/vda rw,discard",
    "41 27 7:0 /a /mnt/a\\040b\\134 rw shared:5 - squashfs /dev/loop0 ro,errors=continue",
    "42 27 0:40 / /mnt/- rw - fuse.sshfs host:/a - rw",
    "",
  ].join("\n");
  assertEquals(listMounts(text).map((mount) => Object.values(mount)), [
    ["/proc", "proc", "0:21", false],
    ["/", "ext4", "254:0", false],
    ["/mnt/a b\\", "squashfs", "7:0", true],
    ["/mnt/-", "fuse.sshfs", "0:40", false],
  ]);
});

Deno.test("listMounts() finds the mounts of this machine", () => {
  const proc = listMounts().find(({ point }) => point === "/proc");
  assert(proc !== undefined, "/proc is not mounted");
  assertEquals(proc.type, "proc");
});
