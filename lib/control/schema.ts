/** The protocol as a JSON Schema, from the definitions that the server goes by. PID 1 does not load it. */
import type { Json } from "../define/json.ts";
import { LONGEST_REQUEST, VERSION } from "./protocol.ts";
import { faultCodes } from "./fault.ts";
import { verbHelp } from "./verb_help.ts";
import { type Verb, type VerbDefinition, verbs } from "./verbs.ts";

const names = Object.keys(verbs) as Verb[];
const text = { type: "string" } as const;
const texts = { type: "array", items: text } as const;
const whole = { type: "integer", minimum: 0 } as const;
const id = { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;

/** The schema of both directions; `request` and `reply` are among its definitions. */
export function protocolSchema(): Json {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Denit control protocol",
    description:
      `One JSON object a line over the Unix socket control.sock in the runtime directory; a request has ${LONGEST_REQUEST} bytes at most.`,
    oneOf: [{ $ref: "#/$defs/request" }, { $ref: "#/$defs/reply" }],
    $defs: {
      request: { oneOf: names.map((verb) => ({ $ref: `#/$defs/${verb}` })) },
      ...Object.fromEntries(names.map((verb) => [verb, request(verb, verbs[verb])])),
      logsResult,
      reply: {
        description:
          "What `result` holds of a reply to logs is logsResult; the other verbs tell what they have done.",
        oneOf: [final("result", {}), final("error", fault), ...Object.entries(interim).map(interimReply)],
      },
    },
  };
}

function request(verb: Verb, { right, required, optional }: VerbDefinition): Json {
  return object({ v: { const: VERSION }, id, verb: { const: verb }, ...required }, optional, {
    description: `${verbHelp[verb]} Right: ${right}.`,
  });
}

const cause = object(
  { service: text, phase: text, text, why: { type: ["object", "null"] }, logs: texts },
  {},
);
const fault = object(
  { code: { enum: faultCodes }, message: text, cure: text },
  { chain: { type: "array", items: cause }, differs: { type: "object", additionalProperties: text } },
);
/** What `logs` without `follow` is answered with: whoever may read the file has more there than init remembers. */
const logsResult = object({
  lines: texts,
  log: {
    oneOf: [
      object({ to: { const: "file" }, path: text }, {}),
      object({ to: { const: "service" }, service: text }, {}),
      object({ to: { enum: ["console", "none"] } }, {}),
    ],
  },
}, {});
const interim: Readonly<Record<string, Json>> = {
  progress: object({ awaited: texts, text }, {}),
  event: {
    type: "object",
    required: ["seq", "t", "event"],
    properties: { seq: whole, t: whole, event: text, service: text },
  },
  output: object({ service: text, text }, {}),
  lost: object({ what: { enum: ["events", "output"] }, count: whole }, {}),
};

function final(key: string, shape: Json): Json {
  // Only what could not be read has no id.
  const who = key === "error" ? { anyOf: [id, { type: "null" }] } : id;
  return object({ v: { const: VERSION }, id: who, [key]: shape }, {}, { description: "Ends the request." });
}

function interimReply([key, shape]: [string, Json]): Json {
  return object({ v: { const: VERSION }, id, [key]: shape }, {});
}

function object(
  required: Readonly<Record<string, Json>>,
  optional: Readonly<Record<string, Json>>,
  more: Readonly<Record<string, Json>> = {},
): Json {
  return {
    ...more,
    type: "object",
    required: Object.keys(required),
    properties: { ...required, ...optional },
    additionalProperties: false,
  };
}
