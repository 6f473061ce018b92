import type { Command } from "../../lib/define/command.ts";
import type { Behaviour } from "./behaviour.ts";

/**
 * A real process that behaves in a given way.
 *
 * @throws {Error} If no process can: one that outlives SIGKILL exists in virtual worlds only.
 */
export function commandOf(behaviour: Behaviour, oneshot: boolean): Command {
  if (behaviour.spawnFault !== null) return { argv: ["/nonexistent/program"] };
  if (!behaviour.killable || behaviour.spawnTakes > 0 || behaviour.readyLate) {
    throw new Error("cannot make a process behave like this: play it in the virtual world only");
  }
  return { argv: ["/bin/sh", "-c", scriptOf(behaviour, oneshot)] };
}

function scriptOf({ stops, readyAfter, garbled, output, fault, ends }: Behaviour, oneshot: boolean): string {
  const lines: string[] = [];
  if (stops === null) lines.push("trap '' TERM");
  else if (stops.after > 0 || stops.status !== null) {
    const { after, status } = stops;
    const end = status === null ? "trap - TERM; kill -TERM $$" : endWith(status);
    lines.push(`trap 'sleep ${after / 1000}; ${end}' TERM`);
  }
  let passed = 0;
  // A shell runs its traps between commands, so it waits for a sleep that it can be interrupted in.
  const until = (time: number) => {
    if (time > passed) lines.push(`sleep ${(time - passed) / 1000} & wait $!`);
    passed = Math.max(passed, time);
  };
  if (readyAfter !== null && !oneshot) {
    until(readyAfter);
    lines.push(`echo '${garbled ? "no JSON" : JSON.stringify(output)}' >&3`);
  }
  if (ends === null) {
    lines.push("while :; do sleep 1000 & wait $!; done");
  } else {
    until(ends.after);
    if (oneshot) lines.push(`echo '${fault === null ? JSON.stringify(output) : "no JSON"}'`);
    lines.push(endWith(ends.status));
  }
  return lines.join("\n");
}

function endWith(status: { readonly code: number } | { readonly signal: string }): string {
  return "code" in status ? `exit ${status.code}` : `kill -${status.signal.slice(3)} $$`;
}
