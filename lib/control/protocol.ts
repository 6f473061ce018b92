/**
 * The protocol: JSON lines over a Unix socket. A request is `{"v": 1, "id": <whole number>, "verb": ..., ...}`; each
 * line that comes back has the same id. Whoever sends something else gets an error, with the id if there was one.
 *
 * This module does no I/O: bytes go in, requests or faults come out.
 */
import { type Json, quote } from "../define/json.ts";
import { fault, type FaultCode, type Final } from "./fault.ts";
import { expected } from "./shape.ts";
import { type Request, type Verb, type VerbDefinition, verbs } from "./verbs.ts";

/** The version that is spoken here. */
export const VERSION = 1;
/** The longest request in bytes, without its line end. */
export const LONGEST_REQUEST = 64 * 1024;

/** A request, or the reply to what is none. */
export type Parsed =
  | { readonly request: Request }
  | { readonly request: null; readonly reply: Final };

const ONE_EACH = "send one object a line";
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Makes a request of a line. It never throws. */
export function parseRequest(line: Uint8Array): Parsed {
  let value: Json;
  try {
    value = JSON.parse(decoder.decode(line));
  } catch {
    return bad(null, "read the request: it is not a line of JSON", ONE_EACH);
  }
  if (!isObject(value)) return bad(null, "read the request: it is not an object", ONE_EACH);
  const { v, id, verb, ...parameters } = value;
  const known = isId(id) ? id : null;
  if (v !== VERSION) {
    return bad(
      known,
      `speak version ${show(v)} of the protocol`,
      `speak version ${VERSION}: "v": 1`,
      "version",
    );
  }
  if (known === null) return bad(null, `reply to id ${show(id)}: it is not a whole number`, 'count: "id": 1');
  if (!isVerb(verb)) {
    return bad(
      known,
      `do ${show(verb)}: there is no such verb`,
      `there are ${Object.keys(verbs).join(", ")}`,
    );
  }
  const wrong = parameterFault(verbs[verb], parameters);
  if (wrong !== null) return bad(known, `do ${verb}: ${wrong}`, "see the schema: initctl schema");
  return { request: { ...parameters, v, id: known, verb } as Request };
}

/** The reply to a line that is longer than any request may be. */
export function tooLong(): Final {
  const message = `cannot read the request: it is longer than ${LONGEST_REQUEST} bytes`;
  return { v: VERSION, id: null, error: fault("too-long", message, "send less at once") };
}

/** A line of a reply. */
export function replyLine(id: number | null, body: object): string {
  return `${JSON.stringify({ v: VERSION, id, ...body })}\n`;
}

/** A final line with a result that is text already: what is asked for often is not taken apart and put together again. */
export function resultLine(id: number, result: string): string {
  return `{"v":${VERSION},"id":${id},"result":${result}}\n`;
}

function bad(id: number | null, what: string, cure: string, code: FaultCode = "malformed"): Parsed {
  return { request: null, reply: { v: VERSION, id, error: fault(code, `cannot ${what}`, cure) } };
}

function parameterFault(
  { required, optional }: VerbDefinition,
  given: { readonly [key: string]: Json | undefined },
) {
  for (const key in required) if (!Object.hasOwn(given, key)) return `${key} is missing`;
  const shapes = { ...required, ...optional };
  for (const [key, value] of Object.entries(given)) {
    const shape = Object.hasOwn(shapes, key) ? shapes[key] : undefined;
    if (shape === undefined) return `it has no ${quote(key)}`;
    const wanted = expected(shape, value ?? null);
    if (wanted !== null) return `${key} has to be ${wanted}`;
  }
  return null;
}

function isObject(value: Json): value is { readonly [key: string]: Json | undefined } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isId(value: Json | undefined): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isVerb(value: Json | undefined): value is Verb {
  return typeof value === "string" && Object.hasOwn(verbs, value);
}

function show(value: Json | undefined): string {
  return value === undefined ? "(none)" : quote(JSON.stringify(value)).slice(1, -1);
}
