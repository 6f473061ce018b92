import { defineService, json, notificationFd, seconds } from "denit";
import { isIpc } from "./ipc.ts";
import { persistMount } from "./persist_mount.ts";

/** Holds the machine's keys and signs for those who may ask; no other process reads them. */
export const fortrosKeyService = defineService({
  description: "key service",
  deps: { persistMount },
  run: ({ persistMount }) => ({
    argv: [
      "/usr/bin/fortros-key-service",
      "--keys",
      `${persistMount.path}/keys`,
      "--ipc",
      "/run/fortros/keys.sock",
      "--notify-fd",
      "3",
    ],
  }),
  ready: notificationFd(3, { parse: json(isIpc), timeout: seconds(30) }),
  stop: { timeout: seconds(5) },
  claims: { sockets: ["/run/fortros/keys.sock"] },
});
