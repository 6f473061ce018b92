import { join } from "@std/path";
import { machine } from "../../units/machine.ts";
import { packages } from "../../units/programs.ts";
import { compileDaemons, daemons } from "../fixtures/fortros/compile_daemons.ts";
import { type NeighbourEnd, newMachine } from "../fixtures/fortros/new_machine.ts";
import type { Files } from "../fixtures/fortros/volume.ts";
import { Cable } from "./cable.ts";
import { makeEncryptedDisk } from "./disk.ts";
import type { MachineSettings } from "./emulator_arguments.ts";
import { findProgram, type Guest, type GuestSettings, openGuest } from "./guest.ts";
import { cableNetwork } from "./guest/cable_network.ts";
import type { Kernel } from "./kernel.ts";

/** What an image holds beside init, a kernel's drivers and a shell. */
export type Contents = Pick<GuestSettings, "programs" | "files" | "links" | "modules">;

/** The port of the neighbour's end of the tunnel; the node's own is in its volume. */
const NEIGHBOUR_PORT = 51820;

/**
 * What the image of a machine of FortrOS holds: the programs that `units/` call, stand-ins for its daemons, the key to
 * its volume, and the drivers.
 *
 * @param program The path of what `compileDaemons()` has made.
 * @param key What is in the key file.
 */
export async function nodeContents(program: string, key: string): Promise<Contents> {
  return {
    programs: [...await findPrograms(Object.keys(packages)), daemonsAt(program)],
    files: [{ path: machine.persist.keyFile, content: new TextEncoder().encode(key), mode: 0o600 }],
    links: daemonLinks,
    modules: machine.modules,
  };
}

/**
 * Makes the encrypted disk of such a machine.
 *
 * @param path The file of the host to make.
 * @param files What `newMachine()` has made: nobody but root may read it.
 */
export function makeNodeDisk(path: string, files: Files, key: string): Promise<string> {
  const secret = Object.entries(files).map(([file, text]) => [`/${file}`, { text, mode: 0o600 }] as const);
  return makeEncryptedDisk({ path, files: Object.fromEntries(secret), key });
}

/** What the image of its neighbour holds, the units module of which is `guest/neighbour.ts`. */
export async function neighbourContents(program: string, end: NeighbourEnd): Promise<Contents> {
  const tunnel = `[Interface]
ListenPort = ${end.listenPort}
PrivateKey = ${end.privateKey}
[Peer]
PublicKey = ${end.peer}
AllowedIPs = ${end.allowedIps}
`;
  const file = (path: string, text: string) => ({
    path,
    content: new TextEncoder().encode(text),
    mode: 0o600,
  });
  return {
    programs: [...await findPrograms(["ip", "wg"]), daemonsAt(program)],
    files: [
      file("/etc/wireguard/wg0.conf", tunnel),
      file("/etc/wireguard/address", `${end.address}/${end.prefix}`),
    ],
    links: daemonLinks,
    modules: ["wireguard"],
  };
}

const daemonsAt = (program: string) => ({ path: "/usr/bin/fortros", host: program });
const daemonLinks = Object.fromEntries(daemons.map((name) => [`/usr/bin/${name}`, "fortros"]));

function findPrograms(names: readonly string[]): Promise<string[]> {
  return Promise.all(names.map(findProgram));
}

/** Two machines on one cable that have not been switched on yet. */
export interface Mesh extends AsyncDisposable {
  /** A new machine of FortrOS, with its volume. */
  readonly node: MachineSettings;
  /** The generation of its init. */
  readonly generation: string;
  /** Its encrypted disk, a file of the host, and what is in the key file for it. */
  readonly disk: string;
  readonly key: string;
  /** The provisioner that it pulls from. */
  readonly neighbour: MachineSettings;
}

/** What {@linkcode openMesh} is told. */
export interface MeshSettings {
  readonly kernel: Kernel;
  /** The node's units module in `guest/`. Default: one with a shell for tests. */
  readonly node?: "fortros_node" | "console_node";
  /** The neighbour's. Default: one that serves as soon as it can. */
  readonly neighbour?: "neighbour" | "silent_neighbour";
}

/** Builds both, with new keys, in a folder that goes when it is disposed of. */
export async function openMesh(
  { kernel, node = "fortros_node", neighbour = "neighbour" }: MeshSettings,
): Promise<Mesh> {
  const stack = new AsyncDisposableStack();
  try {
    const folder = await Deno.makeTempDir({ prefix: "denit-mesh-" });
    stack.defer(() => Deno.remove(folder, { recursive: true }));
    const cable = stack.use(new Cable());
    const program = join(folder, "fortros");
    await compileDaemons(program);
    const key = crypto.getRandomValues(new Uint8Array(32)).toBase64();
    const { files, neighbour: end } = await newMachine(`${cableNetwork.neighbour}:${NEIGHBOUR_PORT}`);
    const disk = await makeNodeDisk(join(folder, "persist"), files, key);
    const open = async (units: string, contents: Contents): Promise<Guest> =>
      stack.use(await openGuest({ kernel, units, ...contents }));
    const [inside, outside] = [
      await open(node, await nodeContents(program, key)),
      await open(neighbour, await neighbourContents(program, end)),
    ];
    const kept = stack.move();
    return {
      node: { kernel, initrd: inside.initrd, disks: [disk], cable },
      generation: inside.generation,
      disk,
      key,
      neighbour: { kernel, initrd: outside.initrd, cable },
      [Symbol.asyncDispose]: () => kept.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
