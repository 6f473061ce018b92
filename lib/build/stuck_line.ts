import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import { join } from "@std/path";
import type { EvaluationRequest } from "./evaluate_units.ts";
import { projectRoot } from "./project.ts";
import type { UnitsConfig } from "./units_config.ts";

/** How long the evaluation may run before it is taken to be stuck again, in ms. */
const patience = 1000;
/** How long it may take to pause: what waits for a timer or a file does not run, and never pauses. In ms. */
const pauseLimit = 5000;
/** How long the whole search may take, in ms. */
const limit = 20_000;

/**
 * Finds the line of a module whose evaluation does not end: evaluates it once
 * more under V8's debugger, lets it pause wherever it then is, and asks for the
 * stack there (Chrome DevTools Protocol, domain `Debugger`).
 *
 * @param path The absolute path of the module that is stuck.
 * @returns `path:line`, or null where the debugger does not tell: it only makes a message better.
 */
export async function stuckLine(
  config: UnitsConfig,
  request: EvaluationRequest,
  path: string,
): Promise<string | null> {
  const evaluator = join(projectRoot, "lib/build/evaluate_units.ts");
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      ...config.args,
      "--inspect=127.0.0.1:0",
      "--no-prompt",
      "--allow-read",
      evaluator,
      JSON.stringify(request),
    ],
    cwd: projectRoot,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const killer = setTimeout(() => child.kill("SIGKILL"), limit);
  try {
    const url = await firstMatch(child.stderr, /ws:\/\/\S+/);
    const begun = await firstMatch(child.stdout, new RegExp(request.mark));
    if (url === null || begun === null) return null;
    await delay(patience);
    const stack = await deadline(pausedStack(url), pauseLimit);
    for (const [, place, line] of stack.matchAll(/(file:\/\/[^\s()]+?):(\d+):\d+/g)) {
      if (decodeURI(new URL(place!).pathname) === path) return `${path}:${line}`;
    }
    return null;
  } catch {
    return null;
  } finally {
    clearTimeout(killer);
    try {
      child.kill("SIGKILL");
    } catch { /* It has ended by itself. */ }
    await child.status;
    await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
  }
}

/** The first part of a stream's text that matches, or null if it ends without. The stream stays open. */
async function firstMatch(stream: ReadableStream<Uint8Array>, pattern: RegExp): Promise<string | null> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream.values({ preventCancel: true })) {
    text += decoder.decode(chunk, { stream: true });
    const match = pattern.exec(text);
    if (match !== null) return match[0];
  }
  return null;
}

/** Pauses the debuggee; its stack as text, empty if it does not pause. */
function pausedStack(url: string): Promise<string> {
  const socket = new WebSocket(url);
  const { promise, resolve } = Promise.withResolvers<string>();
  const send = (id: number, method: string, params = {}) =>
    socket.send(JSON.stringify({ id, method, params }));
  socket.onopen = () => {
    send(1, "Debugger.enable");
    send(2, "Debugger.pause");
  };
  socket.onerror = socket.onclose = () => resolve("");
  socket.onmessage = ({ data }) => {
    const { id, method, params, result } = JSON.parse(data);
    if (method === "Debugger.paused") {
      // Positions in frames are those of the emitted JavaScript; only in an error's stack does Deno map them back.
      const callFrameId = params.callFrames[0]?.callFrameId;
      send(3, "Debugger.evaluateOnCallFrame", { callFrameId, expression: "new Error().stack" });
    }
    if (id === 3) resolve(String(result?.result?.value ?? ""));
  };
  return promise.finally(() => socket.close());
}
