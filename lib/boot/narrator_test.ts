import { assertEquals } from "@std/assert";
import { defineService, notificationFd, timer } from "denit";
import { graphOf } from "../../tests/fixtures/graph_of.ts";
import { type Event, initialState, type State, step } from "../supervisor/mod.ts";
import { Narrator } from "./narrator.ts";

Deno.test("Narrator tells who waits, starts, is ready, fails and why", () => {
  const database = defineService({ run: () => ({ argv: ["/bin/db"] }), ready: notificationFd(3) });
  const web = defineService({
    deps: { database },
    run: () => ({ argv: ["/bin/web"] }),
    ready: notificationFd(3),
  });
  const graph = graphOf({ database, web });
  const lines: string[] = [];
  const narrator = new Narrator(graph, (now, text) => lines.push(`${now} ${text}`));
  let state: State = initialState(2);
  const happen = (now: number, event: Event) => {
    const [next, actions] = step(graph, state, event, now);
    state = next;
    for (const action of actions) {
      if (action.type === "notify") narrator.tell(state, action.id, action.phase, action.why, now);
    }
  };
  const [db, www] = [graph.ids.get("database")!, graph.ids.get("web")!];
  happen(0, { type: "start", id: www });
  happen(1, { type: "spawned", id: db, attempt: 1, pid: 7 });
  happen(500, { type: "ready", id: db, attempt: 1, output: null });
  happen(501, { type: "spawned", id: www, attempt: 1, pid: 8 });
  happen(600, { type: "exited", id: www, attempt: 1, status: { code: 0 } });
  happen(700, { type: "exited", id: db, attempt: 1, status: { signal: "SIGSEGV", core: true } });
  happen(800, { type: "shutdown", power: "exit" });
  happen(900, { type: "exited", id: db, attempt: 2, status: { signal: "SIGTERM" } });
  assertEquals(lines, [
    "0 database  starts",
    "0 web       waits for database",
    "500 database  ready after 0.500 s",
    "500 web       starts",
    "600 web       failed: exit code 0 before it was ready; does it go to the background? It must not; next try in 0.9 s",
    "700 database  failed: killed by SIGSEGV (core dumped)",
    "700 database  starts again (attempt 2)",
    "800 database  stops",
    "800 web       down after 0.200 s",
    "900 database  down after 0.100 s",
  ]);
});

Deno.test("Narrator tells when something is armed, runs, and is armed again", () => {
  const graph = graphOf({ job: timer({ every: 1000, run: () => ({ argv: ["/bin/job"] }) }) });
  const lines: string[] = [];
  const narrator = new Narrator(graph, (now, text) => lines.push(`${now} ${text}`));
  let state: State = initialState(1);
  const happen = (now: number, event: Event) => {
    const [next, actions] = step(graph, state, event, now);
    state = next;
    for (const action of actions) {
      if (action.type === "notify") narrator.tell(state, action.id, action.phase, action.why, now);
    }
  };
  happen(0, { type: "start", id: 0 });
  happen(1, { type: "ready", id: 0, attempt: 1, output: null });
  happen(1000, { type: "triggered", id: 0 });
  happen(1001, { type: "spawned", id: 0, attempt: 2, pid: 7 });
  happen(1500, { type: "exited", id: 0, attempt: 2, status: { code: 0 } });
  assertEquals(lines, [
    "1 job       armed",
    "1000 job       runs",
    "1500 job       armed again after 0.500 s",
  ]);
});
