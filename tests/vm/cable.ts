/**
 * A network between virtual machines of this host, which carries whole Ethernet
 * frames: a multicast group on loopback, so that it does not matter who is
 * started first. Every cable has a port of its own.
 */
export class Cable implements Disposable {
  readonly port: number;
  // A TCP port that is taken keeps others from choosing the same number; the frames travel by UDP.
  readonly #claim: Deno.Listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  #plugs = 0;

  constructor() {
    const { addr } = this.#claim;
    this.port = addr.transport === "tcp" ? addr.port : 0;
  }

  /** The arguments that give QEMU a network card on this cable, its hardware address like no other's here. */
  plug(): readonly string[] {
    const number = (++this.#plugs).toString(16).padStart(2, "0");
    return [
      "-netdev",
      `socket,id=cable,mcast=230.0.0.1:${this.port},localaddr=127.0.0.1`,
      "-device",
      `virtio-net-pci,netdev=cable,mac=52:54:00:00:00:${number}`,
    ];
  }

  [Symbol.dispose](): void {
    this.#claim.close();
  }
}
