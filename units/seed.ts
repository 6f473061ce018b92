import { randomSeed } from "denit";
import { persistMount } from "./persist_mount.ts";

/** Randomness from the boot before: a machine that has just started has gathered little of its own. */
export const seed = randomSeed({
  description: "randomness of the boot before",
  deps: { persistMount },
  file: ({ persistMount }) => `${persistMount.path}/random-seed`,
});
