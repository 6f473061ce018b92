import { assertEquals, assertStrictEquals } from "@std/assert";
import { errnoName, osError } from "./errno.ts";
import { OsError } from "./error.ts";

Deno.test("errnoName() finds names by number, and null for numbers that Linux does not have", () => {
  assertEquals([errnoName(2), errnoName(133)], ["ENOENT", "EHWPOISON"]);
  assertEquals([errnoName(0), errnoName(41), errnoName(134), errnoName(-1)], [null, null, null, null]);
});

Deno.test("osError() makes a message of call, subject, name and meaning", () => {
  const error = osError("mount", 16, "proc on /proc");
  assertStrictEquals(error instanceof OsError, true);
  assertEquals(error.message, "cannot mount proc on /proc: EBUSY (device or resource busy)");
  const { call, errno, code, subject, detail } = error;
  assertEquals({ call, errno, code, subject, detail }, {
    call: "mount",
    errno: 16,
    code: "EBUSY",
    subject: "proc on /proc",
    detail: "device or resource busy",
  });
});

Deno.test("osError() takes a name, leaves an empty subject out, and prefers a better reason", () => {
  assertEquals(osError("wait", "ECHILD").message, "cannot wait: ECHILD (no child processes)");
  assertEquals(
    osError("exec", "ENOENT", "/x", "no such file").message,
    "cannot exec /x: ENOENT (no such file)",
  );
});

Deno.test("osError() keeps a number that it does not know", () => {
  const error = osError("read", 4000, "5");
  assertEquals([error.errno, error.message], [4000, "cannot read 5: E4000 (unknown error)"]);
});
