import type { Json } from "../define/json.ts";
import type { Node } from "../graph/mod.ts";
import { BODY_OUTPUT_FD } from "../driver/mod.ts";
import type { Child } from "../os/fake/mod.ts";

/** How long an ideal process takes to be ready, or to have done its work, in milliseconds. */
export const SOON = 10;

/** A process that does what its service's definition expects, and yields `output`. */
export function idealChild({ kind, definition }: Node, output: Json): Child {
  const text = `${JSON.stringify(output)}\n`;
  if (kind === "oneshot") {
    const to = definition.body === null ? 1 : BODY_OUTPUT_FD;
    const hand = definition.output === null ? [] : [{ write: text, to }];
    return { steps: [...hand, { after: SOON, exit: 0 }] };
  }
  if (definition.ready?.mailbox !== undefined) {
    return { steps: [{ after: SOON, send: `READY=1\nX_DENIT_OUTPUT=${JSON.stringify(output)}` }] };
  }
  const pidFile = definition.ready?.pidFile;
  if (pidFile !== undefined) {
    const daemon = { steps: [{ writePid: pidFile }] };
    return { steps: [{ fork: daemon, setsid: true }, { after: SOON, exit: 0 }] };
  }
  const printed = definition.ready?.log?.example;
  if (printed !== undefined) return { steps: [{ after: SOON, write: `${printed}\n`, to: 1 }] };
  const fd = definition.ready?.fd ?? null;
  return fd === null ? {} : { steps: [{ after: SOON, write: text, to: fd }, { close: fd }] };
}
