import { defineService, json, seconds } from "denit";

/** Where the persistent volume is mounted, and the device that it was unlocked as. */
export interface Persist {
  readonly path: string;
  readonly device: string;
}

/** Unlocks the persistent volume and mounts it; the only state that outlives a generation of the image. */
export const persistMount = defineService({
  kind: "oneshot",
  description: "unlock and mount /persist",
  run: () => ({ argv: ["/usr/lib/fortros/persist-mount", "/persist"] }),
  undo: (_outputs, persist) => ({ argv: ["/usr/lib/fortros/persist-umount", persist.path, persist.device] }),
  output: json(isPersist),
  // A key derivation that is meant to be slow, and the check of a file system that was not unmounted.
  timeout: seconds(30),
  stop: { timeout: seconds(5) },
  claims: { mountPoints: ["/persist"] },
});

function isPersist(value: unknown): value is Persist {
  return typeof value === "object" && value !== null &&
    "path" in value && typeof value.path === "string" &&
    "device" in value && typeof value.device === "string";
}
