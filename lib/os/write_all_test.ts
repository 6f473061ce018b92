import { assertEquals, assertRejects } from "@std/assert";
import { writeAll } from "./write_all.ts";

Deno.test("writeAll() goes on with what was not taken, until all is, and writes nothing of nothing", async () => {
  const taken: number[][] = [];
  const sink = {
    write(bytes: Uint8Array) {
      const count = Math.min(bytes.length, 3);
      taken.push([...bytes.subarray(0, count)]);
      return Promise.resolve(count);
    },
  };
  await writeAll(sink, new Uint8Array([1, 2, 3, 4, 5, 6, 7]));
  await writeAll(sink, new Uint8Array());
  assertEquals(taken, [[1, 2, 3], [4, 5, 6], [7]]);
});

Deno.test("writeAll() fails as the sink does", async () => {
  const sink = { write: () => Promise.reject(new Deno.errors.BrokenPipe("nobody reads")) };
  await assertRejects(() => writeAll(sink, new Uint8Array(1)), Deno.errors.BrokenPipe);
});
