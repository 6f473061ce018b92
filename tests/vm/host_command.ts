/** How these tests run programs of the host. */
export { type HostCommand, hostCommand } from "../../lib/build/mod.ts";
