import { defineService, json, seconds } from "denit";
import { persistMount } from "./persist_mount.ts";

/** The interface of the mesh, and this machine's address on it, without a prefix length. */
export interface Wireguard {
  readonly iface: string;
  readonly address: string;
}

/** Brings up the interface that all of FortrOS talks over, with the private key that is kept on /persist. */
export const wireguard = defineService({
  kind: "oneshot",
  description: "mesh interface",
  deps: { persistMount },
  run: ({ persistMount }) => ({
    argv: ["/usr/lib/fortros/wireguard-up", "wg0", "--key", `${persistMount.path}/wireguard/private.key`],
  }),
  undo: (_outputs, { iface }) => ({ argv: ["/usr/lib/fortros/wireguard-down", iface] }),
  output: json(isWireguard),
  timeout: seconds(10),
  stop: { timeout: seconds(5) },
});

function isWireguard(value: unknown): value is Wireguard {
  return typeof value === "object" && value !== null &&
    "iface" in value && typeof value.iface === "string" &&
    "address" in value && typeof value.address === "string";
}
