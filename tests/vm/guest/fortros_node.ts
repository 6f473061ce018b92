/**
 * A machine of FortrOS, with the services of `units/` as they are. They know no network but their own mesh; what
 * carries that here is a cable.
 */
import { defineBundle, defineSystem } from "denit";
import { settingsOf } from "../../../lib/define/system.ts";
import { default as fortros, modules } from "../../../units/mod.ts";
import { cableNetwork } from "./cable_network.ts";
import { devices } from "./devices.ts";
import { shell } from "./shell.ts";
import { uplink as uplinkOf } from "./uplink.ts";

export * from "../../../units/mod.ts";
export { devices, shell };
export const uplink = uplinkOf(cableNetwork.node, { modules });

const settings = settingsOf(fortros);

export default defineSystem({ ...settings, boot: defineBundle([settings.boot, uplink, shell]) });
