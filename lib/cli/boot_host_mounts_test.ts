import { assert, assertEquals } from "@std/assert";
import { MS_NODEV, MS_NOSUID, MS_RELATIME } from "../os/linux/mod.ts";
import { hostMounts, isPseudo } from "./boot_host_mounts.ts";

Deno.test("hostMounts() reads points, types and the flags that a bind must keep, outer mounts first", () => {
  const mountinfo = [
    "40 24 0:35 / /home/a\\040b\\134c rw,nosuid,nodev,relatime shared:1 master:2 - ext4 /dev/sdb rw",
    "24 1 8:1 / / rw,relatime - ext4 /dev/sda rw",
    "",
  ].join("\n");
  assertEquals(hostMounts(mountinfo), [
    { point: "/", type: "ext4", flags: MS_RELATIME },
    { point: "/home/a b\\c", type: "ext4", flags: MS_NOSUID | MS_NODEV | MS_RELATIME },
  ]);
});

Deno.test("hostMounts() finds the root of this machine", () => {
  const root = hostMounts().find(({ point }) => point === "/");
  assert(root !== undefined && !isPseudo(root.type));
});
