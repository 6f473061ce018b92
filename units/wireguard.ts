import { script, seconds } from "denit";
import { lo } from "./lo.ts";
import { machine } from "./machine.ts";
import { type Peer, readMesh } from "./mesh.ts";
import { modules } from "./modules.ts";
import { persistMount } from "./persist_mount.ts";
import { program } from "./programs.ts";
import { exists } from "./wait_for_file.ts";

/** The interface of the mesh, and this machine's address on it, without a prefix length. */
export interface Wireguard {
  readonly iface: string;
  readonly address: string;
}

const { iface } = machine.wireguard;

/** Brings up the interface that all of FortrOS talks over; its key and its peers are kept on /persist. */
export const wireguard = script({
  description: "mesh interface",
  deps: { modules, lo, persistMount },
  run: async ({ persistMount }): Promise<Wireguard> => {
    const { address, listenPort, mtu, peers, keyFile } = await readMesh(`${persistMount.path}/wireguard`);
    const routes = peers.flatMap((peer) =>
      peer.allowedIps.map((range) => `route replace ${range} dev ${iface}`)
    );
    const steps = [
      // Of a run that did not get to its end nothing is kept.
      ...await hasInterface() ? [`link delete dev ${iface}`] : [],
      `link add dev ${iface} type wireguard`,
      `address add ${address} dev ${iface}`,
      `link set dev ${iface} mtu ${mtu} up`,
      ...routes,
    ];
    await program(["ip", "-batch", "-"], { input: steps.join("\n") + "\n" });
    // The private key passes by its file only: everybody can read the arguments of a process.
    const own = ["listen-port", String(listenPort), "private-key", keyFile];
    await program(["wg", "set", iface, ...own, ...peers.flatMap(peerArguments)]);
    return { iface, address: address.replace(/\/.*/, "") };
  },
  undo: async (_outputs, { iface }) => {
    if (await hasInterface()) await program(["ip", "link", "delete", "dev", iface]);
  },
  timeout: seconds(30),
  stop: { timeout: seconds(5) },
});

/** What `wg set` is told about a peer. */
function peerArguments({ publicKey, endpoint, allowedIps }: Peer): string[] {
  const reached = endpoint === null ? [] : ["endpoint", endpoint];
  return ["peer", publicKey, ...reached, "allowed-ips", allowedIps.join(",")];
}

/** Whether the interface is there, on this machine's network. */
function hasInterface(): Promise<boolean> {
  return exists(`/proc/sys/net/ipv4/conf/${iface}`);
}
