import { assertEquals, assertThrows } from "@std/assert";
import { definition } from "../define/service.ts";
import { getty } from "./getty.ts";

const argvOf = (service: ReturnType<typeof getty>) => {
  const command = service[definition].run({});
  return "argv" in command ? command.argv.slice(1) : [];
};

Deno.test("getty() takes the terminal as it is, unless it is told otherwise", () => {
  assertEquals(argvOf(getty("tty1")), ["--noclear", "--keep-baud", "--", "tty1", "linux"]);
  assertEquals(argvOf(getty({ tty: "ttyS0", baud: [115200, 9600], term: "vt102", autologin: "kiosk" })), [
    ...["--noclear", "--autologin", "kiosk", "--", "ttyS0", "115200,9600", "vt102"],
  ]);
  assertEquals(argvOf(getty({ tty: "hvc0", baud: 9600, options: ["--noissue"] })), [
    ...["--noclear", "--noissue", "--", "hvc0", "9600", "vt220"],
  ]);
});

Deno.test("getty() refuses what is no terminal of /dev", () => {
  for (const tty of ["", "/dev/tty1", "../tty1", "-tty1", "tty 1"]) {
    assertThrows(() => getty(tty), RangeError, `cannot let anybody log in at ${JSON.stringify(tty)}`);
  }
});

Deno.test("getty() lets a unit change how it is restarted and stopped, one setting at a time", () => {
  const { stop, restart } = getty({ tty: "tty1", stop: { timeout: 5 }, restart: { max: 7 } })[definition];
  assertEquals([stop.signal, stop.timeout, restart.max, restart.backoff], ["SIGHUP", 5, 7, 2]);
});
