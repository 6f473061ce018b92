import { assert, assertEquals, assertMatch } from "@std/assert";
import { LONGEST_REQUEST, parseRequest, tooLong } from "./protocol.ts";
import type { Fault } from "./fault.ts";
import { verbs } from "./verbs.ts";

const parse = (line: string) => parseRequest(new TextEncoder().encode(line));

/** The fault of a line that is no request, and the id that the reply has. */
function faultIn(line: string | Uint8Array): Fault & { readonly id: number | null } {
  const parsed = typeof line === "string" ? parse(line) : parseRequest(line);
  assert(parsed.request === null && "error" in parsed.reply, `${line} is a request`);
  return { id: parsed.reply.id, ...parsed.reply.error };
}

Deno.test("parseRequest() reads each verb with all that may go with it", () => {
  const values: Record<string, unknown> = {
    names: ["web"],
    name: "web",
    bundle: "full",
    init: "/next/init",
    stop: ["web"],
    signal: "HUP",
    to: "up",
    for: "down",
    timeout: 5,
    lines: 3,
    since: 9,
    action: "flush",
  };
  for (const [verb, { required, optional }] of Object.entries(verbs)) {
    for (const keys of [Object.keys(required), Object.keys({ ...required, ...optional })]) {
      const parameters = Object.fromEntries(keys.map((key) => [key, values[key] ?? true]));
      const request = { v: 1, id: 7, verb, ...parameters };
      assertEquals<unknown>(parse(JSON.stringify(request)).request, request);
    }
  }
});

Deno.test("parseRequest() names what is missing, unknown or of the wrong kind, with the id of the request", () => {
  const of = (rest: object) => faultIn(JSON.stringify({ v: 1, id: 3, ...rest }));
  assertEquals(of({ verb: "start" }).message, "cannot do start: names is missing");
  assertEquals(
    of({ verb: "start", names: ["a"], nowait: true }).message,
    'cannot do start: it has no "nowait"',
  );
  assertEquals(
    of({ verb: "start", names: "a" }).message,
    "cannot do start: names has to be a list of 1 to 4096",
  );
  assertMatch(of({ verb: "start", names: [1] }).message, /names has to be a list, each of it a string/);
  assertMatch(of({ verb: "wait", names: ["a"], for: "up" }).message, /for has to be one of ready, down/);
  assertMatch(
    of({ verb: "stop", names: ["a"], timeout: -1 }).message,
    /timeout has to be a whole number from 0/,
  );
  assertMatch(of({ verb: "stop", names: ["a"], force: 1 }).message, /force has to be true or false/);
  assertMatch(of({ verb: "fly" }).message, /there is no such verb/);
  assertEquals(of({ verb: "fly" }).id, 3);
});

Deno.test("parseRequest() is not fooled by names that every object has", () => {
  for (const verb of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
    assertEquals(faultIn(`{"v":1,"id":1,"verb":"${verb}"}`).code, "malformed");
    assertEquals(faultIn(`{"v":1,"id":1,"verb":"status","${verb}":1}`).code, "malformed");
  }
});

Deno.test("parseRequest() refuses another version, and tells which one it speaks", () => {
  const { code, cure, id } = faultIn('{"v":2,"id":4,"verb":"status"}');
  assertEquals({ code, cure, id }, { code: "version", cure: 'speak version 1: "v": 1', id: 4 });
  assertEquals(faultIn('{"id":4,"verb":"status"}').code, "version");
});

Deno.test("parseRequest() answers what is no object, no JSON or no UTF-8 without an id", () => {
  for (
    const line of [
      "",
      "[]",
      "null",
      "1",
      '"x"',
      "{",
      '{"v":1,"id":-1,"verb":"status"}',
      '{"v":1,"id":0.5,"verb":"status"}',
    ]
  ) {
    const { id, code } = faultIn(line);
    assertEquals({ id, code }, { id: null, code: "malformed" });
  }
  assertEquals(faultIn(new Uint8Array([0x22, 0xff, 0x22])).code, "malformed");
});

Deno.test("tooLong() names the limit", () => {
  const reply = tooLong();
  assert("error" in reply);
  assertMatch(reply.error.message, new RegExp(String(LONGEST_REQUEST)));
});
