import { assertEquals, assertStringIncludes } from "@std/assert";
import { after, defineService, type Deps, notificationFd, optional, seconds } from "denit";
import { dryRun } from "../driver/dry_run.ts";
import { graphOf } from "../../tests/fixtures/graph_of.ts";
import { renderBoot } from "./render_boot.ts";

const daemon = <D extends Deps>(deps: D) =>
  defineService({
    description: "a daemon",
    deps,
    run: () => ({ argv: ["/bin/daemon"] }),
    ready: notificationFd(3, { timeout: seconds(10) }),
  });

const mount = defineService({ kind: "oneshot", run: () => ({ argv: ["/bin/mount"] }), timeout: seconds(5) });
const network = daemon({ mount });
const web = daemon({ mount, network });
const cron = daemon({ web: after(web), network: optional(network) });
const graph = graphOf({ mount, network, web, cron });
const run = await dryRun(graph);

Deno.test("renderBoot() as text shows waves, chains without shortcuts, and worst cases", () => {
  assertEquals(
    renderBoot(graph, run, "text"),
    `wave 1
  mount    oneshot, ready by exit code 0 within 5 s
wave 2
  network  longrun, ready by notification fd 3 within 10 s, after mount
wave 3
  web      longrun, ready by notification fd 3 within 10 s, after mount, network
wave 4
  cron     longrun, ready by notification fd 3 within 10 s, after web (after), network (optional)

order
  mount -> network -> web -> cron

longest boot: 35 s: mount (5 s) -> network (10 s) -> web (10 s) -> cron (10 s)
longest shutdown: 60 s`,
  );
});

Deno.test("renderBoot() as JSON is the same each time and complete", async () => {
  const text = renderBoot(graph, run, "json");
  assertEquals(renderBoot(graph, await dryRun(graph), "json"), text);
  const { services, waves, stopOrder, worstCaseBootMs, worstCaseShutdownMs, faults } = JSON.parse(text);
  assertEquals(waves, [["mount"], ["network"], ["web"], ["cron"]]);
  assertEquals(stopOrder, ["cron", "web", "network"]);
  assertEquals([worstCaseBootMs, worstCaseShutdownMs, faults], [35_000, 60_000, []]);
  assertEquals(services[3], {
    name: "cron",
    kind: "longrun",
    description: "a daemon",
    wave: 4,
    after: [{ name: "web", kind: "after" }, { name: "network", kind: "optional" }],
    ready: "notification fd 3",
    startTimeoutMs: 10_000,
    stopTimeoutMs: 10_000,
    worstCaseMs: 35_000,
  });
});

Deno.test("renderBoot() draws for Graphviz and Mermaid", () => {
  const dot = renderBoot(graph, run, "dot");
  assertStringIncludes(dot, '"mount" [label="mount\\noneshot"];');
  assertStringIncludes(dot, '"network" -> "cron" [style=dashed];');
  const mermaid = renderBoot(graph, run, "mermaid");
  assertStringIncludes(mermaid, "  mount([mount])");
  assertStringIncludes(mermaid, "  web -..-> cron");
});
