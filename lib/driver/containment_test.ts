import { assertEquals } from "@std/assert";
import { defineBundle, defineService, defineSystem, spawned } from "../define/mod.ts";
import { resolve } from "../graph/mod.ts";
import { osError } from "../os/errno.ts";
import { fakeOs } from "../os/fake/mod.ts";
import { emptyAttempt } from "./attempt.ts";
import { type Cgroups, Containment, type Usage } from "./containment.ts";

/** Cgroups of which a test says who is in them. */
class Populations implements Cgroups {
  readonly populated = new Set<string>();
  readonly done: string[] = [];
  fault: Error | null = null;
  #made = 0;

  make(name: string): string {
    if (this.fault !== null) throw this.fault;
    this.populated.add(name);
    return `/cg/${name}/${++this.#made}`;
  }
  limit(name: string): readonly string[] {
    this.done.push(`limit ${name}`);
    return ["pidsMax: no"];
  }
  kill(name: string): void {
    this.done.push(`kill ${name}`);
  }
  isPopulated(name: string): boolean {
    return this.populated.has(name);
  }
  oomKills(name: string): number {
    return name === "web" ? 1 : 0;
  }
  holds(): boolean {
    return false;
  }
  usage(name: string): Usage {
    const pressure = { cpu: 0, memory: 0, io: 0 };
    return { memory: name.length, memoryPeak: null, cpuMicros: 7, processes: 1, pressure };
  }
  remove(name: string): void {
    this.done.push(`remove ${name}`);
  }
}

const run = () => ({ argv: ["/bin/web"] }) as const;
const web = defineService({ run, ready: spawned() });
const sshd = defineService({ run, ready: spawned(), stop: { scope: "group" } });
const { graph } = resolve({ web, sshd, default: defineSystem({ boot: defineBundle([web, sshd]) }) });
const WEB = graph!.ids.get("web")!, SSHD = graph!.ids.get("sshd")!;

const limited = defineService({ run, ready: spawned(), resources: { pidsMax: 5 } });
const LIMITED = resolve({ web: limited, default: defineSystem({ boot: defineBundle([limited]) }) }).graph!;

function contain(cgroups: Populations | null, system = graph!) {
  const notes: string[] = [];
  const os = fakeOs({ behave: () => ({ steps: [] }) });
  const note = (_id: number, event: string, { detail }: Readonly<Record<string, string>>) =>
    void notes.push(`${event}: ${detail}`);
  return { containment: new Containment({ graph: system, os, cgroups, note }), notes, now: os.now() };
}

/** Where a process would be started. */
function started(containment: Containment, id: number, part: "main" | "beside" = "main"): string | null {
  let where: string | null = null;
  containment.start(id, part, (cgroup) => {
    where = cgroup;
    return 7;
  });
  return where;
}

Deno.test("Containment starts each process in a cgroup of its own, but for those that have asked for a group", () => {
  const { containment } = contain(new Populations());
  assertEquals(
    [started(containment, WEB), started(containment, WEB, "beside"), started(containment, SSHD)],
    ["/cg/web/1", "/cg/web:beside/2", null],
  );
  assertEquals([containment.of(WEB), containment.of(SSHD)], ["cgroup", "group"]);
  const without = contain(null).containment;
  assertEquals([started(without, WEB), without.of(WEB)], [null, "group"]);
});

Deno.test("Containment starts a process all the same where the kernel refuses its cgroup, and tells", () => {
  const cgroups = new Populations();
  const { containment, notes } = contain(cgroups);
  cgroups.fault = osError("make cgroup", "EACCES", "/cg/web");
  assertEquals([started(containment, WEB), containment.of(WEB)], [null, "group"]);
  assertEquals(notes, ["uncontained: cannot make cgroup /cg/web: EACCES (permission denied)"]);
  cgroups.fault = null;
  assertEquals([started(containment, WEB), containment.of(WEB)], ["/cg/web/1", "cgroup"]);
});

Deno.test("Containment tells that an attempt is over when nobody is left, and kills again until then", () => {
  const cgroups = new Populations();
  const { containment, notes, now } = contain(cgroups);
  started(containment, WEB);
  let over = 0;
  const attempt = emptyAttempt(WEB, 1);
  containment.empty(attempt, () => over++);
  assertEquals([over, cgroups.done, containment.pending()], [0, ["kill web"], [attempt]]);
  containment.ring(now);
  assertEquals(cgroups.done, ["kill web"], "not before its time");
  containment.ring(containment.due());
  assertEquals([over, cgroups.done], [0, ["kill web", "kill web"]]);
  cgroups.populated.clear();
  containment.ring(containment.due());
  assertEquals([over, cgroups.done.at(-1), containment.due(), notes], [1, "remove web", Infinity, []]);
  containment.empty(attempt, () => over++);
  assertEquals(over, 2, "nothing to wait for");
});

Deno.test("Containment does not wait for ever for whoever hangs in the kernel", () => {
  const { containment, notes } = contain(new Populations());
  started(containment, WEB);
  let over = false;
  containment.empty(emptyAttempt(WEB, 1), () => over = true);
  for (let turn = 0; turn < 2000 && !over; turn++) containment.ring(containment.due());
  assertEquals([over, notes], [true, ["leftBehind: processes in web do not end by SIGKILL"]]);
});

Deno.test("Containment does not kill a process for those who were there before it", () => {
  const cgroups = new Populations();
  const { containment } = contain(cgroups);
  started(containment, WEB);
  containment.clear(WEB);
  assertEquals(cgroups.done, ["kill web"]);
  started(containment, WEB);
  containment.ring(containment.due());
  assertEquals([cgroups.done, containment.due()], [["kill web"], Infinity]);
});

Deno.test("Containment limits a service, and tells once which limits are not in force", () => {
  const { containment, notes } = contain(new Populations(), LIMITED);
  assertEquals([started(containment, 0), started(containment, 0), containment.unenforced(0)], [
    "/cg/web/1",
    "/cg/web/2",
    ["pidsMax: no"],
  ]);
  assertEquals(notes, ["unenforced: pidsMax: no"]);
  const without = contain(null, LIMITED);
  started(without.containment, 0);
  assertEquals(without.notes, ["unenforced: pidsMax: the service has no cgroup"]);
});

Deno.test("Containment tells who has run out of memory", () => {
  assertEquals(contain(new Populations()).containment.ranOutOfMemory(WEB), true);
  assertEquals(contain(new Populations()).containment.ranOutOfMemory(SSHD), false);
  assertEquals(contain(null).containment.ranOutOfMemory(WEB), false);
});

Deno.test("Containment tells what a service uses, but of one without a cgroup, or that never was up, nothing", () => {
  const { containment } = contain(new Populations());
  assertEquals(containment.usage(WEB), null);
  started(containment, WEB);
  started(containment, SSHD);
  assertEquals([containment.usage(WEB)?.memory, containment.usage(SSHD)], [3, null]);
});
