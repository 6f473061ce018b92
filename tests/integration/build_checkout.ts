import { dirname, join } from "@std/path";
import { projectRoot } from "../../lib/build/mod.ts";

/** How a command of the build ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Two services, one of which needs the other. */
export const twoServices =
  `import { defineBundle, defineService, defineSystem, seconds, spawned } from "denit";

export const database = defineService({
  description: "keeps things",
  run: () => ({ argv: ["/bin/sleep", "infinity"] }),
  ready: spawned(),
});
export const web = defineService({
  deps: { database },
  run: () => ({ argv: ["/bin/sleep", "infinity"] }),
  ready: spawned(),
});
export default defineSystem({
  boot: defineBundle([web]),
  watchdog: { success: [web], deadline: seconds(90), statusFile: (id) => \`/persist/\${id}/status\` },
});
`;

/** Copies what a build reads of this checkout into a folder, with other units. */
export async function copyCheckout(folder: string, units: string): Promise<void> {
  for (const name of ["deno.json", "deno.lock", "build.ts", "init.ts"]) {
    await Deno.mkdir(folder, { recursive: true });
    await Deno.copyFile(join(projectRoot, name), join(folder, name));
  }
  for (const name of ["lib", "types"]) await copyFolder(join(projectRoot, name), join(folder, name));
  await writeFile(join(folder, "units", "mod.ts"), units);
}

/** Writes a file and makes the folder it is in. */
export async function writeFile(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, text);
}

/** Runs `build.ts` of a checkout to its end. */
export async function runBuild(checkout: string, args: readonly string[], cwd = checkout): Promise<Ended> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", join(checkout, "build.ts"), ...args],
    cwd,
    // INIT_CWD would be that of the task that runs the tests.
    env: { NO_COLOR: "1", INIT_CWD: cwd },
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(join(from, name), join(to, name));
    else if (!name.endsWith("_test.ts")) await Deno.copyFile(join(from, name), join(to, name));
  }
}
