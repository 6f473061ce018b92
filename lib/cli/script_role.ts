import { BODY_OUTPUT_FD } from "../driver/mod.ts";
import { definition, isService } from "../define/service.ts";
import { serviceName } from "../graph/name.ts";
import { writeAll } from "../os/write_all.ts";

/**
 * Runs the TypeScript body of a service: what the supervisor starts this
 * binary for. Inputs arrive as JSON on standard input; what the body returns
 * leaves as JSON on a descriptor of its own, as its standard output is its log.
 *
 * @returns The exit code: 0 if the body went through, 1 if it threw.
 */
export async function scriptRole(
  units: Readonly<Record<string, unknown>>,
  name: string,
  task: string,
): Promise<number> {
  const found = Object.entries(units).find(([key, value]) => isService(value) && serviceName(key) === name)
    ?.[1];
  const body = isService(found) ? found[definition].body : null;
  if (body === null) {
    console.error(`cannot run ${name}: no service of that name has a TypeScript body`);
    return 1;
  }
  try {
    const { inputs, output } = JSON.parse(await new Response(Deno.stdin.readable).text());
    if (task === "undo") {
      await body.undo?.(inputs, output);
      return 0;
    }
    const result = await body.run(inputs);
    const file = await Deno.open(`/proc/self/fd/${BODY_OUTPUT_FD}`, { write: true });
    await writeAll(file, new TextEncoder().encode(JSON.stringify(result ?? null)));
    file.close();
    return 0;
  } catch (error) {
    console.error(error);
    return 1;
  }
}
