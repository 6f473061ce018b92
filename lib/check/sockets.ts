import { type Socket, socketLabel } from "../define/sockets.ts";
import type { Node } from "../graph/graph.ts";
import type { Report } from "./report.ts";

/** The longest path of a Unix socket, in bytes: unix(7). */
const LONGEST_PATH = 107;
/** What LISTEN_FDNAMES can carry: sd_listen_fds_with_names(3). */
const NAME = /^[^:\p{Cc}]{1,255}$/u;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;

/** Sockets that cannot be opened, and readiness that can say nothing beside them. */
export function checkSockets(node: Node, report: Report): void {
  const { sockets = {}, trigger, ready } = node.definition;
  const all = Object.entries(sockets);
  if (trigger?.on === "connection" && all.length === 0) {
    const cause = `cannot start ${node.name} on a connection: it has no sockets`;
    report(node, "start", cause, "name those that are to be opened for it in sockets");
  }
  const names = new Map<string, string>();
  for (const [name, socket] of all) {
    const refuse = (what: string, cause: string, cure: string) =>
      report(node, `sockets.${name}.${what}`, `cannot open socket ${name} of ${node.name}: ${cause}`, cure);
    if (!NAME.test(name)) {
      const cause = `cannot call a socket of ${node.name} ${JSON.stringify(name)}`;
      report(
        node,
        "sockets",
        cause,
        "give a name of 1 to 255 characters without colons and control characters",
      );
    }
    const label = socketLabel(socket), other = names.get(label);
    const isShared = "reusePort" in socket && socket.reusePort === true;
    if (other !== undefined && !isShared) {
      refuse("type", `${label} is ${other} already`, "take one of the two away, or give it another address");
    }
    names.set(label, name);
    if (socket.type === "tcp" || socket.type === "udp") checkAddress(socket, refuse);
    else checkPath(socket, refuse);
    const backlog = "backlog" in socket ? socket.backlog ?? 1 : 1;
    if (!(Number.isInteger(backlog) && backlog >= 1)) {
      refuse("backlog", `${backlog} cannot wait`, "give a whole number from 1 on, or leave it out");
    }
  }
  const fd = ready?.fd ?? null;
  if (fd !== null && fd < 3 + all.length) {
    const cause =
      `cannot give descriptor ${fd} to ${node.name} for its notification: there is one of its sockets`;
    report(node, "ready", cause, `take ${3 + all.length} or more`);
  }
  const { probe = null } = ready ?? {};
  if (probe !== null && all.some(([, socket]) => answersFor(socket, probe))) {
    const cause = `cannot see by a connection that ${node.name} is ready: init itself holds that socket open`;
    report(node, "ready", cause, "let the service tell it: sdNotify(), notificationFd() or spawned()");
  }
}

type Refuse = (what: string, cause: string, cure: string) => void;
type Address = Extract<Socket, { readonly port: number }>;

function checkAddress({ port, host = "::" }: Address, refuse: Refuse): void {
  if (!(Number.isInteger(port) && port >= 1 && port <= 65535)) {
    refuse("port", `${port} is no port`, "give a whole number from 1 to 65535");
  }
  const isAddress = IPV4.test(host) || /^[0-9A-Fa-f:.]+$/.test(host) && URL.canParse(`http://[${host}]/`);
  if (isAddress) return;
  refuse(
    "host",
    `${host} is no address in numbers`,
    'give one, such as "127.0.0.1" or "::1"; names may change',
  );
}

function checkPath(socket: Exclude<Socket, Address>, refuse: Refuse): void {
  const { path, mode = 0 } = socket;
  if (!path.startsWith("/")) {
    refuse("path", `${path} is not an absolute path`, "write it from the root, such as /run/name");
  }
  const bytes = new TextEncoder().encode(path).length;
  if (socket.type === "unix" && bytes > LONGEST_PATH) {
    refuse("path", `its path has ${bytes} bytes`, `the kernel takes ${LONGEST_PATH} at most`);
  }
  if (!(Number.isInteger(mode) && mode >= 0 && mode <= 0o777)) {
    refuse("mode", `0o${mode.toString(8)} are no permissions`, "give such as 0o660");
  }
}

/** Whether a look at something is answered by the kernel, as long as a socket is open. */
function answersFor(
  socket: Socket,
  probe: NonNullable<NonNullable<Node["definition"]["ready"]>["probe"]>,
): boolean {
  if (probe.type === "tcp") return socket.type === "tcp" && socket.port === probe.port;
  return probe.type === "unix" && socket.type === "unix" && socket.path === probe.path;
}
