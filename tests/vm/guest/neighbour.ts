/**
 * The provisioner that a new machine of FortrOS knows: its end of the tunnel, and the program that hands out the tree.
 * What is secret about the tunnel, and its address, is in two files of the image.
 */
import { defineBundle, defineService, defineSystem, kernelModules, notificationFd, seconds } from "denit";
import { cableNetwork } from "./cable_network.ts";
import { devices } from "./devices.ts";
import { shell } from "./shell.ts";
import { uplink as uplinkOf } from "./uplink.ts";

export { devices, shell };
export const modules = kernelModules({ names: ["wireguard"], timeout: seconds(60) });
export const uplink = uplinkOf(cableNetwork.neighbour, { devices });

/** Its end of the tunnel. Who is at the other one shows when that one calls. */
export const tunnel = defineService({
  kind: "oneshot",
  description: "interface of the mesh",
  deps: { modules, uplink },
  run: () => ({ argv: ["/bin/sh", "-ec", up] }),
  undo: () => ({ argv: ["/bin/sh", "-c", "ip link delete dev wg0"] }),
  timeout: seconds(60),
});

const up = `
  ip link add dev wg0 type wireguard
  wg setconf wg0 /etc/wireguard/wg0.conf
  ip address add "$(cat /etc/wireguard/address)" dev wg0
  ip link set dev wg0 up
`;

/** Lets other machines into the mesh, and hands out the tree. The console tells who has pulled it. */
export const provisioner = defineService({
  description: "hands out the tree",
  deps: { tunnel },
  run: () => ({ argv: ["/usr/bin/fortros-neighbour", "--tell"] }),
  ready: notificationFd(3, { timeout: seconds(60) }),
  log: { to: "console" },
});

export default defineSystem({ boot: defineBundle([shell, provisioner]) });
