import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { besideCommand, cureOf, enterCommand, tied } from "./boot_namespaces.ts";

Deno.test("cureOf() names the settings that forbid namespaces, and how to allow them", () => {
  const settings: Record<string, number> = {
    "kernel.unprivileged_userns_clone": 0,
    "kernel.apparmor_restrict_unprivileged_userns": 1,
    "user.max_user_namespaces": 0,
    "user.max_net_namespaces": 100,
  };
  const cure = cureOf((name) => settings[name] ?? null);
  assertStringIncludes(cure, "sysctl -w kernel.unprivileged_userns_clone=1");
  assertStringIncludes(cure, "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
  assertStringIncludes(cure, "sysctl -w user.max_user_namespaces=10000");
  assert(!cure.includes("net"));
});

Deno.test("cureOf() speaks of root and containers where no setting is to blame", () => {
  assertStringIncludes(cureOf(() => null), "--privileged");
});

Deno.test("tied() makes a process that is killed when the one that started it ends", async () => {
  const script = `${tied(["sleep", "1000"]).join(" ")} & echo $!; read line`;
  const shell = new Deno.Command("sh", { args: ["-c", script], stdin: "piped", stdout: "piped" }).spawn();
  const reader = shell.stdout.getReader();
  const pid = Number(new TextDecoder().decode((await reader.read()).value));
  assert(pid > 1);
  // Only after the tie was made can its maker end: before, the name of the program tells that it was not.
  while (Deno.readTextFileSync(`/proc/${pid}/comm`) !== "sleep\n") {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  shell.kill("SIGKILL");
  await shell.status;
  try {
    // The sleeper holds the other end for as long as it lives.
    assertEquals((await deadline(reader.read(), 10_000)).done, true);
  } catch (error) {
    Deno.kill(pid, "SIGKILL");
    throw error;
  }
  await shell.stdin.close().catch(() => {});
});

Deno.test("enterCommand() and besideCommand() take a user namespace only where there is no root", () => {
  assert(enterCommand({ user: true }, ["true"]).includes("--user"));
  assert(!enterCommand({ user: false }, ["true"]).includes("--user"));
  assertEquals(besideCommand({ user: true }, 7, ["true"]).slice(0, 4), [
    "nsenter",
    "--target",
    "7",
    "--user",
  ]);
  assert(!besideCommand({ user: false }, 7, ["true"]).includes("nsenter"));
});
