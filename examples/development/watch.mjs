// Ends a process, whose pid it is given, when a module in this folder changes.
import { watch, writeSync } from "node:fs";
import process from "node:process";

const pid = Number(process.argv[2]);
let hasChanged = false;

watch(".", (_event, name) => {
  // One change is several events, and whoever starts that process again starts this one, too.
  if (hasChanged || !name?.endsWith(".mjs")) return;
  hasChanged = true;
  console.log(`${name} has changed`);
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // It has ended by itself, and is being started again.
  }
});
writeSync(3, "\n");
