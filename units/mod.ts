/**
 * The services of FortrOS, one file each: what `build.ts` compiles into the
 * init of an image. A service's name is its export here, in kebab case.
 *
 * May import: the bare specifier `denit`, and nothing else of Denit.
 *
 * @example Looking at the order without starting anything
 * ```sh
 * deno task dryrun
 * ```
 *
 * @module
 */
export { bootWatchdog } from "./boot_watchdog.ts";
export { fortrosKeyService } from "./fortros_key_service.ts";
export { fortrosMaintainer } from "./fortros_maintainer.ts";
export { fortrosReconciler } from "./fortros_reconciler.ts";
export { lo } from "./lo.ts";
export { machineName } from "./machine_name.ts";
export { modules } from "./modules.ts";
export { persistMount } from "./persist_mount.ts";
export { seed } from "./seed.ts";
export { system as default } from "./system.ts";
export { wireguard } from "./wireguard.ts";
