/** What `wireguard/config.json` on /persist holds: this machine's place in the mesh. */
export interface MeshConfig {
  /** This machine's address, with the prefix length of the mesh, such as `10.77.0.2/24`. */
  readonly address: string;
  readonly listenPort: number;
  readonly mtu: number;
  readonly peers: readonly Peer[];
}

/** Another machine of the mesh. */
export interface Peer {
  /** As `wg pubkey` prints it. */
  readonly publicKey: string;
  /** Where it can be reached, such as `192.0.2.7:51820`; null for one that will call us. */
  readonly endpoint: string | null;
  /** The addresses behind it, such as `10.77.0.1/32`; each becomes a route. */
  readonly allowedIps: readonly string[];
}

/** {@linkcode MeshConfig}, and the file of the private key that belongs to it. */
export interface Mesh extends MeshConfig {
  readonly keyFile: string;
}

/**
 * Reads the configuration in a folder.
 *
 * @throws {Error} If it is not there or of another shape, or if others than its owner may read the private key.
 */
export async function readMesh(folder: string): Promise<Mesh> {
  const file = `${folder}/config.json`, keyFile = `${folder}/private.key`;
  const config: unknown = JSON.parse(await Deno.readTextFile(file));
  if (!isMeshConfig(config)) throw new Error(`cannot use ${file}: it is no configuration of a mesh`);
  const { mode } = await Deno.stat(keyFile);
  if (((mode ?? 0) & 0o077) !== 0) {
    throw new Error(`cannot use ${keyFile}: others may read it; chmod 600 it, and think of a new key`);
  }
  return { ...config, keyFile };
}

/** Whether a value is of this shape. Texts end up in the command lines of ip(8), where a blank would begin a new word. */
export function isMeshConfig(value: unknown): value is MeshConfig {
  return isRecord(value) && isWord(value.address) && isNumber(value.listenPort) && isNumber(value.mtu) &&
    Array.isArray(value.peers) && value.peers.every(isPeer);
}

function isPeer(value: unknown): value is Peer {
  return isRecord(value) && isWord(value.publicKey) && (value.endpoint === null || isWord(value.endpoint)) &&
    Array.isArray(value.allowedIps) && value.allowedIps.every(isWord);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isWord(value: unknown): value is string {
  return typeof value === "string" && /^[\w.:/+=\[\]-]+$/.test(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0;
}
