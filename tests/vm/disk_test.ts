import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  decryptDisk,
  encryptionModules,
  makeDisk,
  makeEncryptedDisk,
  readFromDisk,
  wasUnmounted,
} from "./disk.ts";
import { findProgram, openGuest } from "./guest.ts";
import { kernel } from "./kernel.ts";
import { VirtualMachine } from "./virtual_machine.ts";

Deno.test("disks keep what a machine has written, and a reboot is neither a panic nor a power cut", async () => {
  const folder = await Deno.makeTempDir({ prefix: "denit-disks-" });
  try {
    const disks = await Promise.all([
      makeDisk({ path: join(folder, "plain"), files: { "/etc/name": "first\n" }, label: "plain" }),
      makeEncryptedDisk({
        path: join(folder, "secret"),
        files: { "/keys/private": { text: "sesame\n", mode: 0o600 } },
        key: "open",
      }),
    ]);
    assertEquals(await readFromDisk(disks[0], "/etc/name"), "first\n");
    await assertRejects(() => readFromDisk(disks[0], "/etc/nothing"), Error, "it is not there");
    assert(!new TextDecoder("latin1").decode(await Deno.readFile(disks[1])).includes("sesame"));

    await using guest = await openGuest({
      kernel: await kernel(),
      units: "plain",
      programs: [await findProgram("cryptsetup")],
      modules: encryptionModules,
      files: [{ path: "/etc/key", content: new TextEncoder().encode("open") }],
    });
    await using machine = await VirtualMachine.start({ ...guest, disks });
    await machine.line(/shell +ready/);
    const commands = [
      `modprobe -a ${encryptionModules.join(" ")}`,
      "cryptsetup luksOpen --key-file /etc/key /dev/vdb secret",
      "mkdir -p /mnt/plain /mnt/secret",
      "mount -t ext4 /dev/vda /mnt/plain",
      "mount -t ext4 /dev/mapper/secret /mnt/secret",
      "cat /mnt/plain/etc/name /mnt/secret/keys/private",
      "stat -c '%a %u' /mnt/secret/keys/private",
    ];
    assertEquals(await machine.output(commands.join(" && ")), `first\nsesame\n600 ${Deno.uid()}\n`);
    await machine.output("cp /mnt/secret/keys/private /mnt/plain/copy && sync");
    await machine.tell("initctl reboot");
    assertEquals(await machine.ended(), "guest-reset");
    assertEquals(await readFromDisk(disks[0], "/copy"), "sesame\n");
    // What a service leaves mounted, init unmounts in the end.
    assertEquals(await wasUnmounted(disks[0]), true);
    const copy = await decryptDisk(disks[1], "open", join(folder, "copy"));
    assertEquals([await wasUnmounted(copy), await readFromDisk(copy, "/keys/private")], [true, "sesame\n"]);
    await assertRejects(
      () => decryptDisk(disks[1], "wrong", join(folder, "other")),
      Error,
      "No key available",
    );

    await using second = await VirtualMachine.start({ ...guest, disks });
    await second.line(/shell +ready/);
    await second.output(
      "mkdir /mnt && mount -t ext4 /dev/vda /mnt && cmp /mnt/copy /dev/null; echo more >/mnt/more; sync",
    );
    second.kill();
    assertEquals(await second.ended(), "killed");
    assertEquals(await wasUnmounted(disks[0]), false);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
