/**
 * A program that does to a folder of generations all that is ever done, without a pause, until it is killed.
 *
 * @module
 */
import { addGeneration } from "../../lib/boot/generation_add.ts";
import { chooseGeneration } from "../../lib/boot/generation_choose.ts";
import { realDisk } from "../../lib/boot/generation_disk.ts";
import { lockGenerations, ROLE_DISK } from "../../lib/boot/generation_lock.ts";
import { writeStatus } from "../../lib/boot/status_file.ts";

const [folder = ""] = Deno.args;

for (let round = 0;; round++) {
  using _lock = await lockGenerations(folder);
  await addGeneration(ROLE_DISK, folder, `g${round % 5}`, { again: round % 3 === 0 });
  const id = await chooseGeneration(ROLE_DISK, folder, () => {});
  // As init does it, which has a temporary file of its own.
  if (round % 3 > 0) {
    await writeStatus(
      `${folder}/${id}/status`,
      round % 3 === 1 ? "ok" : "failed",
      "not ready: web",
      realDisk,
    );
  }
  if (round === 4) console.log("at work");
}
