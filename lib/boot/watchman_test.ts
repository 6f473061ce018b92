import { assertEquals } from "@std/assert";
import { plain } from "../../tests/fixtures/graph_of.ts";
import { graphOf } from "../../tests/fixtures/graph_of.ts";
import { type Event, initialState, step } from "../supervisor/mod.ts";
import { together } from "./alarms.ts";
import { Watchman } from "./watchman.ts";

const base = plain();
const web = plain({ base });
const graph = graphOf({ base, web });

/** A watchman over a state machine, with what it says and a clock that rings it when it is due. */
function watched() {
  let state = initialState(graph.nodes.length);
  let now = 0;
  const said: string[] = [];
  const watchman = new Watchman(
    () => ({ graph, state, now, tail: () => [] }),
    (time, text) => said.push(`${time} ${text}`),
  );
  return {
    said,
    happen(event: Event) {
      const [next, actions] = step(graph, state, event, now);
      state = next;
      for (const action of actions) if (action.type === "notify") watchman.note(action.phase, now);
    },
    until(time: number) {
      for (let due = watchman.due(); due !== null && due <= time; due = watchman.due()) {
        now = due;
        watchman.ring(now);
      }
      now = time;
    },
  };
}

Deno.test("Watchman tells of a start that takes long after 3 s, then every 5 s, and what comes next", () => {
  const { said, happen, until } = watched();
  happen({ type: "start", id: 1 });
  happen({ type: "spawned", id: 0, attempt: 1, pid: 7 });
  until(9000);
  happen({ type: "ready", id: 0, attempt: 1, output: null });
  happen({ type: "spawned", id: 1, attempt: 1, pid: 8 });
  until(9100);
  happen({ type: "ready", id: 1, attempt: 1, output: null });
  until(60_000);
  assertEquals(said.map((line) => line.replace(/, is given up in [\d.]+ s/, "")), [
    "3000 waits for base (starts for 3.0 s); then web may start",
    "8000 waits for base (starts for 8.0 s); then web may start",
  ]);
});

Deno.test("Watchman says nothing while all goes quickly, and tells of a shutdown as a whole", () => {
  const { said, happen, until } = watched();
  for (const id of [0, 1]) {
    happen({ type: "start", id });
    happen({ type: "spawned", id, attempt: 1, pid: id + 7 });
    happen({ type: "ready", id, attempt: 1, output: null });
    until(1000 + 1000 * id);
  }
  until(10_000);
  assertEquals(said, []);
  happen({ type: "shutdown", power: "exit" });
  until(12_000);
  happen({ type: "exited", id: 1, attempt: 1, status: { code: 0 } });
  until(14_000);
  assertEquals(said, ["13000 waits for base (stops for 1.0 s, SIGKILL in 9.0 s)"]);
  happen({ type: "exited", id: 0, attempt: 1, status: { code: 0 } });
  until(60_000);
  assertEquals(said.length, 1);
});

Deno.test("together() is due with the first alarm, and rings those that are due", () => {
  const rung: string[] = [];
  const at = (name: string, due: number | null) => ({
    due: () => due,
    ring: (now: number) => rung.push(`${name} ${now}`),
  });
  const alarm = together(at("a", 5), at("b", null), at("c", 3));
  assertEquals(alarm.due(), 3);
  alarm.ring(4);
  alarm.ring(5);
  assertEquals(rung, ["c 4", "a 5", "c 5"]);
  assertEquals(together(at("b", null)).due(), null);
});
