/**
 * A virtual machine in memory, with virtual time: the same interface as Linux, for tests of a supervisor and of users'
 * own boots, for the dry run, and for schedules that no real machine would show twice. `tests/contract/` holds it to
 * what Linux does.
 *
 * May import: `lib/os`, `lib/define/json.ts`, `lib/define/kernel_names.ts`, `lib/define/kernel_task.ts`,
 * `lib/define/time.ts`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fakeOs, lingers } from "../fake/mod.ts";
 *
 * const os = fakeOs({ behave: () => lingers(500) });
 * const pid = os.spawn({ argv: ["/usr/bin/database"], env: {}, fds: [] });
 * os.kill(pid, "SIGTERM", "group");
 * await os.wait(null);
 * assertEquals([os.now(), os.reap()], [500, [{ pid, status: { code: 0 } }]]);
 * ```
 *
 * @module
 */
export * from "./behaviours.ts";
export * from "./child.ts";
export * from "./fake_machine.ts";
export * from "./fake_os.ts";
export type { VirtualTask } from "./tasks.ts";
