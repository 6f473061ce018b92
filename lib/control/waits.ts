import type { Millis } from "../define/time.ts";
import type { State } from "../supervisor/mod.ts";
import type { Connection } from "./connection.ts";
import { fault } from "./fault.ts";
import { accepted, type Goal } from "./goal.ts";
import { replyLine } from "./protocol.ts";
import { describeAwaited, listed, namesOf, type View } from "./words.ts";

/** When a client that waits is first told whom for, and how often again. */
const FIRST_NEWS: Millis = 1000, NEWS_EVERY: Millis = 5000;
/** Nobody waits for more than this at once. */
export const MOST_WAITS = 64;

/** Somebody waits for an outcome; nobody, if its client has hung up and it goes on all the same. */
interface Wait {
  connection: Connection | null;
  readonly id: number;
  readonly goal: Goal;
  until: Millis;
  news: Millis;
}

/** The outcomes that are waited for. */
export class Waits {
  readonly #waits = new Set<Wait>();
  readonly #onEnd: (goal: Goal) => void;
  #lookedAt: State | null = null;

  constructor(onEnd: (goal: Goal) => void) {
    this.#onEnd = onEnd;
  }

  /** How many a client has. */
  count(connection: Connection): number {
    let count = 0;
    for (const wait of this.#waits) if (wait.connection === connection) count++;
    return count;
  }

  /** Waits from the next turn on, when the supervisor has heard of what was wished. */
  add(
    connection: Connection,
    id: number,
    goal: Goal,
    noWait: boolean,
    timeout: Millis | null,
    now: Millis,
  ): void {
    const until = timeout === null ? Infinity : now + timeout;
    const wait: Wait = { connection, id, goal, until, news: now + FIRST_NEWS };
    this.#lookedAt = null;
    if (!noWait) this.#waits.add(wait);
    else {
      this.#waits.add({ ...wait, goal: accepted });
      if (goal.persistent === true) this.#waits.add({ ...wait, connection: null });
    }
  }

  /** A client has gone: its waits end, but not what must not be left half done. */
  drop(connection: Connection): void {
    for (const wait of this.#waits) {
      if (wait.connection !== connection) continue;
      if (wait.goal.persistent === true) wait.connection = null;
      else this.#waits.delete(wait);
    }
  }

  /** When somebody is to be told something, or is out of time. */
  due(): Millis {
    let due = Infinity;
    for (const { until, news, connection } of this.#waits) {
      due = Math.min(due, until, connection === null ? Infinity : news);
    }
    return due;
  }

  /** Has all of them looked at in the next turn, and brings it about. */
  lookAgain(): void {
    this.#lookedAt = null;
  }

  /** Looks at all of them, if anything can have changed. */
  look(view: View): void {
    if (view.state === this.#lookedAt && this.due() > view.now) return;
    this.#lookedAt = view.state;
    for (const wait of this.#waits) this.#lookAt(wait, view);
  }

  #lookAt(wait: Wait, view: View): void {
    const { connection, id, goal } = wait;
    const outlook = goal.look(view);
    switch (outlook.type) {
      case "reached":
        connection?.send(replyLine(id, { result: outlook.result }));
        return this.#end(wait);
      case "failed":
        connection?.send(replyLine(id, { error: outlook.fault }));
        return this.#end(wait);
      case "waiting": {
        const awaited = namesOf(view.graph, outlook.on);
        if (wait.until <= view.now) {
          wait.until = Infinity;
          if (goal.expire !== undefined) {
            this.#lookedAt = null;
            return goal.expire(view);
          }
          const described = describeAwaited(view, outlook.on);
          const message = `out of time; not done: ${listed(awaited, 20)}: ${described}`;
          const error = fault("timeout", message, "nothing is taken back; see initctl status");
          connection?.send(replyLine(id, { error }));
          return this.#end(wait);
        }
        if (wait.news > view.now || connection === null) return;
        wait.news = view.now + NEWS_EVERY;
        connection.send(replyLine(id, { progress: { awaited, text: describeAwaited(view, outlook.on) } }));
      }
    }
  }

  #end(wait: Wait): void {
    this.#waits.delete(wait);
    this.#onEnd(wait.goal);
  }
}
