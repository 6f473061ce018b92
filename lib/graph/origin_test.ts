import { assertEquals, assertMatch } from "@std/assert";
import { defineService, definition } from "../define/service.ts";
import { mount } from "../kinds/mount.ts";
import { script } from "../kinds/script.ts";
import { originOf } from "./origin.ts";

Deno.test("originOf() is the line of the call, for every kind of service", () => {
  const services = [
    defineService({ kind: "oneshot", run: () => ({ argv: ["/a"] }) }),
    script({ run: () => 1 }),
    mount({ device: "a", path: "/a" }),
  ];
  const lines = services.map((service) =>
    originOf(service[definition])!.match(/\/origin_test\.ts:(\d+)$/)![1]
  );
  assertEquals(lines.map((line) => Number(line) - Number(lines[0])), [0, 1, 2]);
});

Deno.test("originOf() is an absolute path without URL escapes", () => {
  const { defined, ...rest } = defineService({ kind: "oneshot", run: () => ({ argv: ["/a"] }) })[definition];
  assertMatch(defined.stack ?? "", /defined here/);
  const moved = new Error();
  moved.stack = "Error\n    at file:///srv/my%20units/mod.ts:7:12";
  assertEquals(originOf({ ...rest, defined: moved }), "/srv/my units/mod.ts:7");
});

Deno.test("originOf() is null where the stack does not tell", () => {
  const { defined: _defined, ...rest } =
    defineService({ kind: "oneshot", run: () => ({ argv: ["/a"] }) })[definition];
  const bare = new Error();
  bare.stack = undefined;
  assertEquals(originOf({ ...rest, defined: bare }), null);
});
