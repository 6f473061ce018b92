import { defineService, json, notificationFd, seconds } from "denit";
import { fortrosKeyService } from "./fortros_key_service.ts";
import { fortrosMaintainer } from "./fortros_maintainer.ts";
import { isIpc } from "./ipc.ts";

/** Brings the machine to the state that the tree asks for; it is ready once it has done so for the first time. */
export const fortrosReconciler = defineService({
  description: "brings the machine to the state that the tree asks for",
  deps: { maintainer: fortrosMaintainer, keyService: fortrosKeyService },
  run: ({ maintainer, keyService }) => ({
    argv: [
      "/usr/bin/fortros-reconciler",
      "--maintainer",
      maintainer.ipc,
      "--keys",
      keyService.ipc,
      "--ipc",
      "/run/fortros/reconciler.sock",
      "--notify-fd",
      "3",
    ],
  }),
  ready: notificationFd(3, { parse: json(isIpc), timeout: seconds(30) }),
  stop: { timeout: seconds(10) },
  claims: { sockets: ["/run/fortros/reconciler.sock"] },
});
