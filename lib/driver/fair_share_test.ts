import { assert, assertEquals } from "@std/assert";
import { fairShare } from "./fair_share.ts";

const isLog = (fd: number) => fd >= 100;

Deno.test("fairShare() lets a few be read at once", () => {
  assertEquals(fairShare([1, 100, 2, 101, 102], isLog, 7), [1, 100, 2, 101, 102]);
  assertEquals(fairShare([], isLog, 7), []);
});

Deno.test("fairShare() reads some of many logs, each in its turn, and always whatever is no log", () => {
  const readable = [1, ...Array.from({ length: 50 }, (_, index) => 100 + index), 2];
  const heard = new Set<number>();
  for (let turn = 0; turn < 50; turn++) {
    const share = fairShare(readable, isLog, turn);
    assertEquals(share.filter((fd) => !isLog(fd)), [1, 2]);
    assert(share.filter(isLog).length < 10);
    for (const fd of share) heard.add(fd);
  }
  assertEquals(heard.size, readable.length);
});
