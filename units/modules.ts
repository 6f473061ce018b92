import { kernelModules, seconds } from "denit";
import { machine } from "./machine.ts";

/** The drivers that this tree needs. */
export const modules = kernelModules({
  description: "drivers",
  names: machine.modules,
  timeout: seconds(20),
});
