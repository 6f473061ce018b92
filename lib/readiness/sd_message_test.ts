import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { readMessage, type SdMessage } from "./sd_message.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (text: string) => readMessage(bytes(text));

/** What a message says, but for what it does not. */
function said(text: string): Partial<SdMessage> {
  const nothing = Object.entries(read(""));
  return Object.fromEntries(
    Object.entries(read(text)).filter(([key, value]) =>
      !nothing.some(([name, usual]) => name === key && JSON.stringify(usual) === JSON.stringify(value))
    ),
  );
}

Deno.test("readMessage() reads every word of sd_notify(3)", () => {
  assertEquals(said("READY=1"), { ready: true });
  assertEquals(said("RELOADING=1\nMONOTONIC_USEC=1500"), { reloading: true, sentAt: 1.5 });
  assertEquals(said("STOPPING=1"), { stopping: true });
  assertEquals(said("STATUS=grüße = 1"), { status: "grüße = 1" });
  assertEquals(said("STATUS="), { status: "" });
  assertEquals(said("MAINPID=4711"), { mainPid: 4711 });
  assertEquals(said("WATCHDOG=1"), { watchdog: "alive" });
  assertEquals(said("WATCHDOG=trigger"), { watchdog: "trigger" });
  assertEquals(said("WATCHDOG_USEC=20000000"), { watchdogPeriod: 20_000 });
  assertEquals(said("EXTEND_TIMEOUT_USEC=5000000"), { extend: 5000 });
  assertEquals(said("ERRNO=2\nBUSERROR=org.freedesktop.DBus.Error.TimedOut\nEXIT_STATUS=3"), {
    complaints: ["ERRNO=2", "BUSERROR=org.freedesktop.DBus.Error.TimedOut", "EXIT_STATUS=3"],
  });
  assertEquals(said("FDSTORE=1\nFDNAME=log\nFDPOLL=0"), {
    descriptors: "store",
    fdName: "log",
    fdPoll: false,
  });
  assertEquals(said("FDSTOREREMOVE=1\nFDNAME=log"), { descriptors: "remove", fdName: "log" });
  assertEquals(said("BARRIER=1"), { barrier: true });
  assertEquals(said('X_DENIT_OUTPUT={"a":1}'), { output: '{"a":1}' });
});

Deno.test("readMessage() reads lines with and without a newline at the end, empty ones, and one zero byte behind all", () => {
  for (
    const text of [
      "READY=1\nSTATUS=a",
      "READY=1\nSTATUS=a\n",
      "\n\nREADY=1\n\nSTATUS=a\n\n",
      "READY=1\nSTATUS=a\0",
    ]
  ) {
    assertEquals(said(text), { ready: true, status: "a" }, JSON.stringify(text));
  }
});

Deno.test("readMessage() takes the first of two lines of one name, as systemd does", () => {
  assertEquals(said("STATUS=first\nSTATUS=second\nMAINPID=2\nMAINPID=3"), { status: "first", mainPid: 2 });
});

Deno.test("readMessage() leaves alone what it does not know, and what is switched off", () => {
  assertEquals(said("X_OTHER=1\nNOTIFYACCESS=all\nready=1\n=1\nREADY\nconstructor=1\n__proto__=1"), {});
  assertEquals(said("READY=0\nRELOADING=0\nSTOPPING=\nBARRIER=0\nFDSTORE=0"), {});
});

Deno.test("readMessage() says which line means nothing, and reads the others", () => {
  const { faults, status } = read(
    "MAINPID=-1\nWATCHDOG=2\nWATCHDOG_USEC=1s\nERRNO=4096\nFDNAME=a:b\nFDPOLL=x\nSTATUS=ok",
  );
  assertEquals(status, "ok");
  assertEquals(faults.map((fault) => fault.split(":")[0]), [
    "MAINPID=-1",
    "WATCHDOG=2",
    "WATCHDOG_USEC=1s",
    "ERRNO=4096",
    "FDNAME=a",
    "FDPOLL=x",
  ]);
});

Deno.test("readMessage() says that a line is not UTF-8, and reads the others", () => {
  const message = readMessage(Uint8Array.of(...bytes("STATUS=a"), 0xff, 10, ...bytes("READY=1")));
  assertEquals([message.ready, message.status, message.faults], [true, undefined, ["a line is not UTF-8"]]);
});

Deno.test("readMessage() takes nothing of a message with a NUL byte in it, or with more than a barrier beside one", () => {
  assertEquals(said("READY=1\0STATUS=a"), { faults: ["it contains a NUL byte"] });
  assertEquals(said("READY=1\nBARRIER=1"), { faults: ["BARRIER=1: nothing else may stand beside it"] });
});

Deno.test("readMessage() makes something of any bytes, and never anything but data", () => {
  const line = fc.oneof(
    fc.constantFrom(
      "READY=1",
      "STATUS=x",
      "MAINPID=7",
      "BARRIER=1",
      "FDNAME=a",
      "WATCHDOG_USEC=99999999999999999",
    ),
    fc.string({ unit: "binary" }),
  );
  const message = fc.oneof(
    fc.array(line).map((lines) => bytes(lines.join("\n"))),
    fc.uint8Array({ maxLength: 200 }),
  );
  fc.assert(fc.property(message, (datagram) => {
    const read = readMessage(datagram);
    assertEquals(JSON.parse(JSON.stringify(read)), { ...read });
    for (const number of [read.mainPid, read.extend, read.watchdogPeriod, read.sentAt]) {
      assert(number === undefined || Number.isFinite(number) && number >= 0);
    }
  }));
});
