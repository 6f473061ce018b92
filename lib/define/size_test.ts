import { assertEquals } from "@std/assert";
import { bytesOf, type Size } from "./size.ts";

Deno.test("bytesOf() takes numbers as they are, and units as powers of 1024", () => {
  const sizes: Size[] = [4096, "4K", "512M", "1.5G", "2T"];
  assertEquals(sizes.map(bytesOf), [4096, 4096, 536_870_912, 1_610_612_736, 2 * 1024 ** 4]);
});

Deno.test("bytesOf() has no number for what is no size", () => {
  const texts = ["", "M", "12", "12MB", "-1K", "1e3K", " 1K", "1k", "0x1K"] as Size[];
  assertEquals(texts.map(bytesOf), texts.map(() => NaN));
});
