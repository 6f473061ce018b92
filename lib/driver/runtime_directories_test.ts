import { assertEquals } from "@std/assert";
import { graphOf, plain } from "../../tests/fixtures/graph_of.ts";
import type { ServiceFiles } from "../os/service_files.ts";
import { RuntimeDirectories } from "./runtime_directories.ts";

const graph = graphOf({ web: plain(), worker: plain() });
const [web, worker] = [graph.ids.get("web")!, graph.ids.get("worker")!];

function directories(fail = false) {
  const removed: string[] = [], notes: string[] = [];
  const files: ServiceFiles = {
    secretsFolder: "/secrets",
    read: () => new Uint8Array(),
    makeFolder() {},
    removeFolder(path) {
      if (fail) throw new Error("busy");
      removed.push(path);
    },
  };
  const note = (id: number, event: string, { detail }: Readonly<Record<string, string>>) =>
    notes.push(`${id} ${event}: ${detail}`);
  return { own: new RuntimeDirectories({ graph, files, note }), removed, notes };
}

const command = (runtime: string, root?: string) =>
  ({ argv: ["/a"], directories: { runtime }, ...root === undefined ? {} : { root } }) as const;

Deno.test("RuntimeDirectories removes what a service had when it is down, once", () => {
  const { own, removed } = directories();
  own.note(web, command("/run/web"));
  own.note(web, command("/run/web", "/srv/root"));
  own.note(web, command("/run/web"));
  own.note(worker, { argv: ["/a"], directories: { state: "/var/lib/worker" } });
  own.clear(worker);
  assertEquals(removed, []);
  own.clear(web);
  own.clear(web);
  assertEquals(removed, ["/run/web", "/srv/root/run/web"]);
});

Deno.test("RuntimeDirectories leaves what it knows to the next one, which lets go of services that are gone", () => {
  const { own, removed } = directories();
  own.note(web, command("/run/web"));
  const left = own.leave();
  assertEquals(left, { web: ["/run/web"] });
  const next = directories();
  next.own.take({ ...left, gone: ["/run/gone"] });
  next.own.clear(web);
  assertEquals([removed, next.removed], [[], ["/run/web"]]);
});

Deno.test("RuntimeDirectories notes what cannot be removed", () => {
  const { own, notes } = directories(true);
  own.note(web, command("/run/web"));
  own.clear(web);
  assertEquals(notes, [`${web} leftBehind: busy`]);
});
