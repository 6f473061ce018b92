import type { Shape, ValueOf } from "./shape.ts";

/** What a client must be allowed to do: look, or change something. */
export type Right = "read" | "change";

/** Shapes by the names of parameters. */
type Shapes = Readonly<Record<string, Shape>>;

/** A verb: the right that it takes, and what goes with it. What it does stands in `verb_help.ts`. */
export interface VerbDefinition<Required extends Shapes = Shapes, Optional extends Shapes = Shapes> {
  readonly right: Right;
  readonly required: Required;
  readonly optional: Optional;
}

const name = { type: "string", maxLength: 255 } as const;
const names = { type: "array", items: name, minItems: 1, maxItems: 4096 } as const;
const path = { type: "string", maxLength: 4095 } as const;
const signal = { type: "string", maxLength: 32 } as const;
const flag = { type: "boolean" } as const;
const count = { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;
/** In milliseconds. */
const timeout = { type: "integer", minimum: 0, maximum: 0x7fff_ffff } as const;
/** Whatever changes something waits for the outcome unless it is told not to. */
const waiting = { noWait: flag, timeout } as const;

function read<R extends Shapes, O extends Shapes>(required: R, optional: O): VerbDefinition<R, O> {
  return { right: "read", required, optional };
}

function change<R extends Shapes, O extends Shapes>(required: R, optional: O): VerbDefinition<R, O> {
  return { right: "change", required, optional };
}

/** Every verb of the protocol. A request has these parameters and no others. */
export const verbs = {
  status: read({}, { names, usage: flag }),
  start: change({ names }, waiting),
  stop: change({ names }, { ...waiting, force: flag }),
  restart: change({ names }, waiting),
  reload: change({ names }, waiting),
  do: change({ name, action: name }, waiting),
  trigger: change({ name }, waiting),
  release: change({ names }, waiting),
  signal: change({ name, signal }, {}),
  pin: change({ name, to: { enum: ["up", "down"] } as const }, waiting),
  unpin: change({ name }, {}),
  change: change({ bundle: name }, { ...waiting, dryRun: flag, keepGoing: flag }),
  wait: read({ names }, { for: { enum: ["ready", "down"] } as const, timeout }),
  why: read({ name }, {}),
  logs: read({ name }, { lines: count, follow: flag }),
  events: read({}, { since: count }),
  graph: read({}, {}),
  describe: change({}, { names }),
  switch: change({ init: path }, { ...waiting, stop: names }),
  poweroff: change({}, waiting),
  reboot: change({}, waiting),
  halt: change({}, waiting),
  kexec: change({}, waiting),
};

/** The name of a verb. */
export type Verb = keyof typeof verbs;

type Values<S extends Shapes> = { readonly [K in keyof S]: ValueOf<S[K]> };

/** A request with one verb. `id` is the client's, and comes back in every reply. */
export type RequestOf<V extends Verb> =
  & { readonly v: 1; readonly id: number; readonly verb: V }
  & Values<(typeof verbs)[V]["required"]>
  & Partial<Values<(typeof verbs)[V]["optional"]>>;

/** What a client may ask, by verb: the whole protocol as one union. */
export type Request = { readonly [V in Verb]: RequestOf<V> }[Verb];
