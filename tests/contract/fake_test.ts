import { type FakeOs, fakeOs } from "../../lib/os/fake/mod.ts";
import type { Os } from "../../lib/os/mod.ts";
import { behave, perform } from "./program.ts";
import type { Machine } from "./session.ts";
import { contract } from "./suite.ts";

const opened = new WeakMap<Os, FakeOs>();

const fake: Machine = {
  name: "fake",
  open() {
    const os = fakeOs({ behave, perform });
    opened.set(os, os);
    return os;
  },
  close() {},
  signalUs: (os, signal) => opened.get(os)!.signalSelf(signal),
  connect: (os, path) => opened.get(os)!.connect(path),
  self: { pid: 1, uid: 0, gid: 0 },
  state: (os, pid) => opened.get(os)!.live.get(pid)?.state === "stopped" ? "T" : "S",
  openFds: (os) => opened.get(os)!.openFds(),
};

contract(fake);
