import { assertEquals, assertRejects } from "@std/assert";
import { OsError } from "../error.ts";
import {
  detachLoopAside,
  listLoops,
  listMapped,
  listSwaps,
  removeMappedAside,
  swapOffAside,
} from "./block.ts";

Deno.test("listSwaps() reads /proc/swaps", () => {
  const text = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n" +
    "/dev/dm-1                               partition\t4084\t\t0\t\t-2\n" +
    "/persist/swap\\040file                    file\t\t4084\t\t0\t\t-3\n";
  assertEquals(listSwaps(text), ["/dev/dm-1", "/persist/swap file"]);
  assertEquals(listSwaps(text.split("\n")[0]), []);
  assertEquals(listSwaps(""), []);
});

Deno.test("listLoops() and listMapped() name what stands for something else only", () => {
  for (const { device, number, name } of [...listLoops(), ...listMapped()]) {
    assertEquals([/^(loop|dm-)\d+$/.test(device), /^\d+:\d+$/.test(number), name !== ""], [true, true, true]);
  }
});

Deno.test("What is taken off says what it is, and why it cannot be", async () => {
  const message = async (attempt: Promise<unknown>) => (await assertRejects(() => attempt, OsError)).message;
  assertEquals(
    await message(swapOffAside("/nowhere", 5000)),
    Deno.uid() === 0
      ? "cannot stop swapping to /nowhere: ENOENT (no such file or directory)"
      : "cannot stop swapping to /nowhere: EPERM (operation not permitted)",
  );
  assertEquals(
    await message(detachLoopAside("loop-none", 5000)),
    "cannot open /dev/loop-none: ENOENT (no such file or directory)",
  );
  const mapper = await message(removeMappedAside("no-such-device", 5000));
  assertEquals(
    /^cannot (open \/dev\/mapper\/control: E|detach no-such-device: ENXIO)/.test(mapper),
    true,
    mapper,
  );
});
