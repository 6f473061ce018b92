/** A socket, or fifo, for others to accept from, with all that `Os.openSocket` has to know. */
export type SocketSpec =
  | {
    readonly type: "tcp" | "udp";
    /** In numbers, of IPv4 or IPv6; `::` is every address of both. */
    readonly host: string;
    readonly port: number;
    readonly backlog: number;
    readonly reusePort: boolean;
  }
  | {
    readonly type: "unix";
    readonly kind: "stream" | "datagram" | "seqpacket";
    readonly path: string;
    readonly mode: number;
    readonly uid: number | null;
    readonly gid: number | null;
    readonly backlog: number;
  }
  | {
    readonly type: "fifo";
    readonly path: string;
    readonly mode: number;
    readonly uid: number | null;
    readonly gid: number | null;
  };
