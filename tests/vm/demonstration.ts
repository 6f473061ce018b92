/** What `deno task boot --vm` boots where no units are named: the two machines of `node_test.ts`, for a person to see. */
import type { Stage } from "../../lib/cli/boot_vm.ts";
import { packages } from "../../units/programs.ts";
import { BuildFailure } from "../../lib/build/mod.ts";
import { openMesh } from "./fortros_node.ts";
import { findProgram } from "./guest.ts";
import { VirtualMachine } from "./virtual_machine.ts";

/** Builds a machine of FortrOS and the one that it pulls from, and boots that one; its console is not shown. */
export const openScenery: Stage["openScenery"] = async (kernel) => {
  await requirePrograms();
  const stack = new AsyncDisposableStack();
  try {
    const { node, neighbour } = stack.use(await openMesh({ kernel, node: "console_node" }));
    const other = stack.use(await VirtualMachine.start({ ...neighbour, cpus: 1 }));
    await other.line(/booted in/, 300_000);
    const disks = (node.disks ?? []).flatMap((path) => ["-drive", `file=${path},if=virtio,format=raw`]);
    const kept = stack.move();
    return {
      initrd: node.initrd,
      hardware: [...disks, ...node.cable?.plug() ?? []],
      about: "a machine of FortrOS with an encrypted disk, and another one that it reaches by WireGuard",
      hint: "press Enter for a shell in the machine; try initctl status, wg, or initctl poweroff",
      [Symbol.asyncDispose]: () => kept.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
};

/** Programs of the host that the images hold, or that make them, and the packages of Debian that have them. */
const needed = {
  ...packages,
  busybox: "busybox-static",
  cryptsetup: "cryptsetup-bin",
  "mkfs.ext4": "e2fsprogs",
} as const;

/** @throws {BuildFailure} If some of them are missing: with all of their packages. */
async function requirePrograms(): Promise<void> {
  const missing: (readonly [string, string])[] = [];
  for (const entry of Object.entries(needed)) {
    await findProgram(entry[0]).catch(() => missing.push(entry));
  }
  if (missing.length === 0) return;
  throw new BuildFailure(
    `cannot make a machine of FortrOS: there is no ${missing.map(([program]) => program).join(", ")}`,
    `install (Debian): ${[...new Set(missing.map(([, name]) => name))].join(" ")}; or name units of your own`,
  );
}
