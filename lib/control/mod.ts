/**
 * The control plane: clients at a Unix socket ask how things stand, and
 * change them. One line of JSON a request; the wishes are events of the
 * supervisor, and the outcomes are read off its state.
 *
 * The client's side and the schema have ways in of their own, `client.ts` and
 * `schema.ts`: PID 1 does without.
 *
 * May import: lib/driver, lib/os, lib/supervisor, lib/graph, lib/define.
 *
 * @example
 * ```ts
 * import { parseRequest } from "../control/mod.ts";
 *
 * const { request } = parseRequest(new TextEncoder().encode('{"v":1,"id":7,"verb":"status"}'));
 * if (request?.verb !== "status") throw new Error("a good request");
 * ```
 *
 * @module
 */
export { type Station } from "./operator.ts";
export { parseRequest } from "./protocol.ts";
export { type Access, ControlServer } from "./server.ts";
export { type BootStanding } from "./status.ts";
export { busyServices, describeAwaited, type View } from "./words.ts";
