/**
 * What a web application needs while it is written: Redis, the application, and a watcher that has it start anew when
 * its source changes. It runs as an ordinary process, in the folder of the application; Ctrl-C ends all of it.
 *
 * @module
 */
import { defineBundle, defineService, defineSystem, json, notificationFd, seconds, tcpProbe } from "denit";

/** Redis, which forgets everything at its end. */
export const redis = defineService({
  run: () => ({ argv: ["redis-server", "--port", "6380", "--bind", "127.0.0.1", "--save", ""] }),
  ready: tcpProbe({ port: 6380 }),
  log: { to: "console" },
});

/** The application says on descriptor 3 when it is ready, and where it is then. It is told where Redis is. */
export const application = defineService({
  deps: { redis },
  run: ({ redis }) => ({ argv: ["node", "server.mjs"], env: { REDIS_PORT: String(redis.port) } }),
  ready: notificationFd(3, { parse: json<{ url: string; pid: number }>(), timeout: seconds(10) }),
  // Whoever has just mended a mistake does not want to wait.
  restart: { max: seconds(2) },
  log: { to: "console" },
});

/** It ends the application at a change. As that comes back with another pid, the watcher then starts anew as well. */
export const watcher = defineService({
  deps: { application },
  run: ({ application }) => ({ argv: ["node", "watch.mjs", String(application.pid)] }),
  ready: notificationFd(3),
  log: { to: "console" },
});

export default defineSystem({ boot: defineBundle([watcher]) });
