import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { json, lines, quote } from "./json.ts";

Deno.test("json() parses any JSON value, with space around it", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    assertEquals(json().parse(` ${JSON.stringify(value)}\n`), JSON.parse(JSON.stringify(value)));
  }));
});

Deno.test("json() quotes what is not JSON, cut where it is long", () => {
  assertThrows(() => json().parse("ready"), Error, 'cannot parse "ready" as JSON');
  const { message } = assertThrows(() => json().parse("x".repeat(10_000))) as Error;
  assert(message.length < 200, message);
});

Deno.test("json() refuses a value that its guard refuses", () => {
  const port = json((value): value is { port: number } =>
    typeof value === "object" && value !== null && typeof Reflect.get(value, "port") === "number"
  );
  assertEquals(port.parse('{"port":80}'), { port: 80 });
  assertThrows(() => port.parse('{"port":"80"}'), Error, "JSON of the wrong shape");
});

Deno.test("lines() leaves out empty lines and keeps what is in the others", () => {
  assertEquals(lines().parse("eth0\n\n eth1 \nlast"), ["eth0", " eth1 ", "last"]);
  assertEquals(lines().parse(""), []);
});

Deno.test("quote() shows short text as it is and the beginning of a long one", () => {
  assertEquals(quote('a"b\n'), '"a\\"b\\n"');
  assertEquals(quote("x".repeat(81)), `"${"x".repeat(80)}…"`);
});
