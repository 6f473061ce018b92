import { defineService, type Deps, seconds, type Service } from "denit";
import { cableNetwork } from "./cable_network.ts";

/**
 * Gives the network card its address on the cable. Another image would have a DHCP client here.
 *
 * Nothing waits for it, and the tunnel least of all: WireGuard looks for the way to a peer each time that it sends,
 * and begins a handshake that got no answer anew every five seconds. So a machine whose uplink comes late, or never,
 * still has its mesh interface, and what is to be done without a network is done.
 *
 * @param address One of {@linkcode cableNetwork}.
 * @param deps What loads the driver of the card.
 */
export function uplink(address: string, deps: Deps): Service<void> {
  const { prefix } = cableNetwork;
  const commands = `ip address add ${address}/${prefix} dev eth0 && ip link set dev eth0 up`;
  return defineService({
    kind: "oneshot",
    description: "address on the cable",
    deps,
    run: () => ({ argv: ["/bin/sh", "-c", commands] }),
    undo: () => ({ argv: ["/bin/sh", "-c", "ip address flush dev eth0"] }),
    timeout: seconds(60),
  });
}
