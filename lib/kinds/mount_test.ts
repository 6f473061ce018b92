import { assertEquals, assertThrows } from "@std/assert";
import { json } from "../define/json.ts";
import { defineService, definition } from "../define/service.ts";
import { mount } from "./mount.ts";

Deno.test("mount() lowers to a oneshot of mount(8) and umount(8)", () => {
  const persist = mount({
    device: "LABEL=persist",
    path: "/persist",
    type: "ext4",
    options: ["noatime", "nodev"],
    timeout: 5000,
  });
  const { kind, run, undo, timeout, ready, claims } = persist[definition];
  assertEquals([kind, timeout, ready], ["oneshot", 5000, null]);
  assertEquals(run({}), {
    argv: ["/bin/mount", "-t", "ext4", "-o", "noatime,nodev", "--", "LABEL=persist", "/persist"],
  });
  assertEquals(undo!({}, { path: "/persist" }), { argv: ["/bin/umount", "--", "/persist"] });
  assertEquals(claims, { mountPoints: ["/persist"] });
});

Deno.test("mount() without type and options leaves them to mount(8)", () => {
  assertEquals(mount({ device: "tmpfs", path: "/t" })[definition].run({}), {
    argv: ["/bin/mount", "--", "tmpfs", "/t"],
  });
});

Deno.test("mount() yields where it is mounted, whatever mount(8) prints", () => {
  const { output } = mount({ device: "tmpfs", path: "/t" })[definition];
  assertEquals(output!.parse(""), { path: "/t" });
  assertEquals(output!.parse("mount: noise\n"), { path: "/t" });
});

Deno.test("mount() takes the device from the output of a dependency", () => {
  const luks = defineService({
    kind: "oneshot",
    run: () => ({ argv: ["/sbin/luks"] }),
    output: json<{ device: string }>(),
  });
  const data = mount({ deps: { luks }, device: ({ luks }) => luks.device, path: "/data" });
  assertEquals(data[definition].run({ luks: { device: "/dev/dm-0" } }), {
    argv: ["/bin/mount", "--", "/dev/dm-0", "/data"],
  });
});

Deno.test("mount() adds its mount point to further claims", () => {
  const { claims } =
    mount({ device: "a", path: "/a", claims: { mountPoints: ["/b"], ports: [1] } })[definition];
  assertEquals(claims, { mountPoints: ["/a", "/b"], ports: [1] });
});

Deno.test("mount() refuses a relative path and the root", () => {
  assertThrows(() => mount({ device: "a", path: "persist" }), RangeError, "not an absolute path");
  assertThrows(() => mount({ device: "a", path: "//" }), RangeError, "before init starts");
});
