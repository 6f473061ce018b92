import { assertEquals } from "@std/assert";

/** Switches the interface on in a network of its own, and says whether somebody can be reached then. */
const program = `
  import { loopbackUp } from ${JSON.stringify(new URL("./loopback.ts", import.meta.url).href)};
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const dial = () => Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }).then(() => true, () => false);
  const before = await dial();
  loopbackUp();
  console.log(before, await dial());
  Deno.exit(0);
`;

Deno.test("loopbackUp() makes a fresh network namespace reach itself", async () => {
  const user = Deno.uid() === 0 ? [] : ["--user", "--map-root-user"];
  const args = [...user, "--net", "--", Deno.execPath(), "eval", "--no-config", "--no-lock", program];
  const { stdout, stderr } = await new Deno.Command("unshare", { args }).output();
  assertEquals(new TextDecoder().decode(stdout), "false true\n", new TextDecoder().decode(stderr));
});
