import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { openBlob, openPipe, PIPE_CAPACITY, Stream } from "./open_file.ts";

Deno.test("Stream brings bytes out as they went in, in pieces of any size", () => {
  const pieces = fc.array(fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.integer({ min: 1, max: 30 })));
  fc.assert(
    fc.property(pieces, (steps) => {
      const stream = new Stream<null>();
      const model: number[] = [];
      for (const step of steps) {
        if (typeof step === "number") {
          const buffer = new Uint8Array(step);
          const count = stream.read(buffer);
          assertEquals([...buffer.subarray(0, count)], model.splice(0, step));
        } else {
          assertEquals(stream.write(step, 0), step.length);
          model.push(...step);
        }
        assertEquals(stream.length, model.length);
      }
    }),
  );
});

Deno.test("Stream takes what fits of a long write, and all or nothing of a short one [POSIX: write, PIPE_BUF]", () => {
  const stream = new Stream<null>();
  const long = new Uint8Array(PIPE_CAPACITY + 10);
  assertEquals(stream.write(long, 0), PIPE_CAPACITY);
  assertEquals(stream.write(long, PIPE_CAPACITY), 0);
  stream.read(new Uint8Array(4000));
  assertEquals(stream.write(new Uint8Array(4096), 0), 0);
  assertEquals(stream.write(new Uint8Array(4000), 0), 4000);
});

Deno.test("openPipe() is at its end when the writing end is closed, openBlob() when it was read", () => {
  const [input] = openPipe<null>();
  assertEquals([input.stream!.ready, input.stream!.readable], [false, true]);
  input.stream!.writable = false;
  assertEquals(input.stream!.ready, true);
  assertEquals(openBlob<null>(new Uint8Array()).stream!.ready, true);
});
