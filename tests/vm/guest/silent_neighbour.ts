/** The neighbour at first without a provisioner: there is a tunnel, and nobody at its end until one is started. */
import { defineBundle, defineSystem } from "denit";
import { shell, tunnel } from "./neighbour.ts";

export * from "./neighbour.ts";
export default defineSystem({ boot: defineBundle([shell, tunnel]) });
