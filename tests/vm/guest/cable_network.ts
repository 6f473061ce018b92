/** The network on the cable between two machines: documentation addresses of RFC 5737, for want of anybody who hands out others. */
export const cableNetwork = { node: "192.0.2.2", neighbour: "192.0.2.1", prefix: 24 } as const;
