/**
 * Writes the manual pages into `man/`, from the definitions of the commands
 * and the docstrings of the authoring API; a test holds that they are up to
 * date.
 *
 * ```sh
 * deno task man
 * man -l man/initctl.1
 * ```
 *
 * @module
 */
import { join } from "@std/path";
import { ctlPage, type Documentation, type Edition, initPage, unitsPage } from "../lib/cli/mod.ts";
import { root } from "./tree.ts";

/** The day of the version that the pages describe: a page does not change by being written again. */
const DATE = "November 26, 2026";

/** The pages by their paths from the root. */
export async function manualPages(): Promise<ReadonlyMap<string, string>> {
  const { version }: { version: string } = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  const edition: Edition = { version, date: DATE };
  return new Map([
    ["man/initctl.1", ctlPage(edition)],
    ["man/init.8", initPage(edition)],
    ["man/denit.units.5", unitsPage(edition, await authoringApi())],
  ]);
}

/** What `deno doc` knows of what a unit author sees. */
export async function authoringApi(): Promise<Documentation> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", join(root, "lib/define/mod.ts")],
    cwd: root,
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  if (code !== 0) throw new Error(`cannot read the documentation: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

if (import.meta.main) {
  await Deno.mkdir(join(root, "man"), { recursive: true });
  for (const [path, text] of await manualPages()) await Deno.writeTextFile(join(root, path), text);
}
