import { assert, assertEquals, assertRejects } from "@std/assert";
import { isMeshConfig, readMesh } from "./mesh.ts";

const peer = {
  publicKey: "AAAA+/==",
  endpoint: "[fd00::1]:51820",
  allowedIps: ["10.77.0.1/32", "fd77::/64"],
};
const config = { address: "10.77.0.2/24", listenPort: 51820, mtu: 1420, peers: [peer] };

Deno.test("isMeshConfig() accepts a configuration; a peer need not have an endpoint", () => {
  assert(isMeshConfig(config));
  assert(isMeshConfig({ ...config, peers: [] }));
  assert(isMeshConfig({ ...config, peers: [{ ...peer, endpoint: null }] }));
});

Deno.test("isMeshConfig() refuses other shapes, and texts that would be more than one word for ip(8)", () => {
  const wrong = [
    null,
    {},
    { ...config, address: "10.77.0.2/24 dev eth0" },
    { ...config, address: "10.77.0.2/24\nlink delete dev eth0" },
    { ...config, mtu: "1420" },
    { ...config, listenPort: 0 },
    { ...config, peers: [{ ...peer, endpoint: 7 }] },
    { ...config, peers: [{ ...peer, allowedIps: "10.77.0.1/32" }] },
    { ...config, peers: [{ ...peer, allowedIps: [""] }] },
    { ...config, peers: [{ endpoint: null, allowedIps: [] }] },
  ];
  for (const one of wrong) assert(!isMeshConfig(one), JSON.stringify(one));
});

Deno.test("readMesh() refuses a private key that others may read", async () => {
  const folder = await Deno.makeTempDir({ prefix: "denit-mesh-" });
  try {
    const key = `${folder}/private.key`;
    await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
    await assertRejects(() => readMesh(folder), Deno.errors.NotFound);
    await Deno.writeTextFile(key, "secret", { mode: 0o600 });
    assertEquals(await readMesh(folder), { ...config, keyFile: key });
    await Deno.chmod(key, 0o640);
    await assertRejects(() => readMesh(folder), Error, "others may read it");
    await Deno.writeTextFile(`${folder}/config.json`, "{}");
    await assertRejects(() => readMesh(folder), Error, "no configuration of a mesh");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
