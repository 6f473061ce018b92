import { assertEquals } from "@std/assert";
import { placeholder, settled } from "./placeholder.ts";

/** A placeholder as `run` sees it: as the type that the unit was promised. */
interface Promised {
  readonly iface: string;
  readonly port: number;
  readonly peers: readonly { readonly name: string }[];
  greet(): string;
}

// deno-lint-ignore no-explicit-any -- a placeholder stands for a value of any type
const promised = (): Promised => placeholder("wireguard") as any;

Deno.test("placeholder() becomes its own path wherever text is wanted", () => {
  const wireguard = promised();
  assertEquals(`${wireguard.iface}`, "<wireguard.iface>");
  assertEquals("--iface=" + wireguard.iface, "--iface=<wireguard.iface>");
  assertEquals([wireguard.iface, wireguard.port].join(":"), "<wireguard.iface>:<wireguard.port>");
  assertEquals(JSON.stringify({ port: wireguard.port }), '{"port":"<wireguard.port>"}');
});

Deno.test("placeholder() can do what a string can", () => {
  const { iface } = promised();
  assertEquals(iface.toUpperCase(), "<WIREGUARD.IFACE>");
  assertEquals(iface.startsWith("wg"), false);
  assertEquals(iface.replace("<wireguard", "<"), "<.iface>");
});

Deno.test("placeholder() can be looked into, called, destructured and iterated", () => {
  const { peers, greet } = promised();
  assertEquals(String(peers[0]?.name), "<wireguard.peers.0.name>");
  assertEquals(String(greet()), "<wireguard.greet()>");
  assertEquals([...peers].map(String), ["<wireguard.peers[]>"]);
  assertEquals([...peers.map(({ name }) => name)].map(String), ["<wireguard.peers.map()[]>"]);
});

Deno.test("settled() replaces placeholders wherever data can hold them", () => {
  const wireguard = promised();
  const command = { argv: ["/a", wireguard.iface], env: { PEER: wireguard.peers[0]?.name, LANG: undefined } };
  assertEquals(settled(command), {
    argv: ["/a", "<wireguard.iface>"],
    env: { PEER: "<wireguard.peers.0.name>", LANG: undefined },
  });
  assertEquals([null, undefined, 5, "a", [true]].map(settled), [null, undefined, 5, "a", [true]]);
});
