/**
 * A socket, or a fifo, that init opens for a service. Whoever connects before the service accepts waits; that nobody is
 * refused while the service starts, restarts or has failed is what it is for.
 *
 * - `tcp`, `udp`: an address. The host is one in numbers, of IPv4 or IPv6; `::`, the default, is every address of
 *   both, where the machine has both.
 * - `unix`: a path, unix(7), of one of three kinds: `stream` (the default), `datagram`, `seqpacket`.
 * - `fifo`: a path, fifo(7), open for reading and writing, so that it has no end.
 *
 * What is made in the file system belongs to `user` and `group` (default: init's) with the permissions `mode` (default:
 * 0o666 for a socket, 0o600 for a fifo), and is removed when the service is down. `backlog` is how many may wait
 * (default: 4096, or as many as the kernel allows).
 *
 * @example
 * ```ts
 * import { defineService, type Socket, sdNotify } from "denit";
 *
 * const http: Socket = { type: "tcp", port: 80 };
 * const control: Socket = { type: "unix", path: "/run/web.sock", mode: 0o660, group: "www-data" };
 * export const web = defineService({
 *   sockets: { http, control },
 *   run: () => ({ argv: ["/usr/bin/web"] }),
 *   ready: sdNotify(),
 * });
 * ```
 */
export type Socket =
  | {
    readonly type: "tcp";
    readonly port: number;
    readonly host?: string;
    readonly backlog?: number;
    /** Whether others may listen at the same address, who then share its clients: SO_REUSEPORT of socket(7). */
    readonly reusePort?: boolean;
  }
  | {
    readonly type: "udp";
    readonly port: number;
    readonly host?: string;
    /** Whether others may have the same address, who then share what comes: SO_REUSEPORT of socket(7). */
    readonly reusePort?: boolean;
  }
  | {
    readonly type: "unix";
    readonly path: string;
    readonly kind?: "stream" | "datagram" | "seqpacket";
    readonly mode?: number;
    readonly user?: string | number;
    readonly group?: string | number;
    readonly backlog?: number;
  }
  | {
    readonly type: "fifo";
    readonly path: string;
    readonly mode?: number;
    readonly user?: string | number;
    readonly group?: string | number;
  };

/** Sockets by their names, in the order in which a process gets them. */
export type Sockets = Readonly<Record<string, Socket>>;

/** The host of an address that names none: every one of IPv6, and of IPv4 as well. */
export const everyHost = "::";

/** Where a socket is, for people: `tcp 127.0.0.1:80`, `udp [::]:53`, `unix /run/web.sock`. */
export function socketLabel(socket: Socket): string {
  if (socket.type === "unix" || socket.type === "fifo") return `${socket.type} ${socket.path}`;
  const { type, port, host = everyHost } = socket;
  return `${type} ${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The settings by which a longrun has sockets. `O` is what its readiness yields. */
export interface SocketSettings<O> {
  /**
   * Sockets that init opens before it starts the process, each under a name. The process has them from descriptor 3 on,
   * in this order, with `LISTEN_FDS`, `LISTEN_FDNAMES` and `LISTEN_PID` in its environment, as sd_listen_fds(3) has it.
   * They stay open through restarts and the switch to another generation. Default: none.
   *
   * @example `{ http: { type: "tcp", port: 80 } }`
   */
  readonly sockets?: Sockets;
  /**
   * When its process starts: at once, or when somebody connects to one of `sockets`, or sends something. Such a service
   * is up as soon as they are open, and so cannot have an output; when its process ends with exit code 0, the next
   * one starts for the next connection. Default: `"at-once"`.
   *
   * @example `"on-connection"`
   */
  readonly start?: [O] extends [null] ? "at-once" | "on-connection"
    : "at-once" | "a service with an output starts at once: nobody would have its output before a connection";
}
