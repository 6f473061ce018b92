import { defineService, json, never, notificationFd, seconds } from "denit";
import { isIpc } from "./ipc.ts";
import { persistMount } from "./persist_mount.ts";
import { wireguard } from "./wireguard.ts";

/**
 * The agent that keeps this machine a member of its organisation. It is ready
 * once WireGuard is up, the gossip mesh is joined and the first pull of the
 * TreeSync tree is done: whoever starts after it can rely on a current tree.
 */
export const fortrosMaintainer = defineService({
  description: "gossip and TreeSync agent",
  deps: { persistMount, wireguard },
  run: ({ persistMount, wireguard }) => ({
    argv: [
      "/usr/bin/fortros-maintainer",
      "--iface",
      wireguard.iface,
      "--address",
      wireguard.address,
      "--persist",
      persistMount.path,
      "--ipc",
      "/run/fortros/maintainer.sock",
      "--notify-fd",
      "3",
    ],
  }),
  ready: notificationFd(3, { parse: json(isIpc), timeout: seconds(60) }),
  restart: { giveUp: never },
  stop: { timeout: seconds(10) },
  claims: { sockets: ["/run/fortros/maintainer.sock"] },
});
