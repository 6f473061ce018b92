// Every kind of service with every setting it can have, and the types that flow.
import {
  type Command,
  commandProbe,
  defineBundle,
  defineService,
  defineSystem,
  fileProbe,
  hostname as machineName,
  httpProbe,
  json,
  kernelModules,
  lines,
  loopback,
  minutes,
  mount,
  type Mounted,
  never,
  notificationFd,
  type Performed,
  randomSeed,
  savedClock,
  script,
  sdNotify,
  seconds,
  type Service,
  spawned,
  type System,
  tcpProbe,
  unixProbe,
} from "denit";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(..._proof: Equal<A, B> extends true ? [] : [different: never]): void {}

export const persist = mount({
  device: "LABEL=persist",
  path: "/persist",
  type: "ext4",
  options: ["noatime"],
});
export const wireguard = defineService({
  kind: "oneshot",
  description: "the mesh",
  deps: { persist },
  run: ({ persist }) => ({ argv: ["/usr/lib/fortros/wireguard-up", `${persist.path}/wg0.key`] }),
  undo: (_outputs, wireguard) => ({ argv: ["/usr/lib/fortros/wireguard-down", wireguard.iface], cwd: "/" }),
  output: json<{ iface: string }>(),
  timeout: minutes(1),
  restart: { on: "on-failure", giveUp: { after: 3, within: minutes(5), then: "reboot" }, permanent: [78] },
  stop: { signal: "SIGINT", timeout: seconds(3) },
  claims: {
    ports: [51820, "51820/udp"],
    sockets: ["/run/wg"],
    pidFiles: ["/run/wg.pid"],
    stateDirectories: ["/wg"],
  },
});
export const agent = defineService({
  kind: "longrun",
  deps: { wireguard },
  run: ({ wireguard }) => {
    const argv = ["/usr/bin/agent", "--iface", wireguard.iface] as const;
    if (wireguard.iface === "wg1") return { argv, env: { DEBUG: "1", LANG: undefined } };
    return { argv, cwd: "/srv" };
  },
  ready: notificationFd(3, { parse: json<{ ipc: string }>(), timeout: seconds(60) }),
  restart: { delay: seconds(0.2), backoff: 2, max: seconds(30), giveUp: never, reset: seconds(3) },
});
// A helper that builds the command, typed or not, is as good as a literal.
const command = (name: string): Command => ({ argv: [name] });
export const notifying = defineService({
  run: () => command("/usr/bin/notifying"),
  ready: sdNotify({
    parse: json<{ port: number }>(),
    timeout: seconds(30),
    extend: minutes(2),
    watchdog: seconds(20),
    access: "main",
    keep: 4,
    reloads: true,
  }),
  reload: "SIGHUP",
});
export const helped = defineService({ run: () => command("/usr/bin/helped"), ready: notificationFd(3) });
export const interfaces = defineService({
  kind: "oneshot",
  run: () => ({ argv: ["/bin/ls", "/sys/class/net"] }),
  output: lines(),
});
export const plain = defineService({ kind: "oneshot", run: () => ({ argv: ["/bin/true"] }) });
export const tcp = defineService({
  run: () => ({ argv: ["/t"] }),
  ready: tcpProbe({ port: 1, interval: seconds(1) }),
});
export const unix = defineService({
  run: () => ({ argv: ["/u"] }),
  ready: unixProbe({ path: "/u", retries: 3 }),
});
export const http = defineService({ run: () => ({ argv: ["/h"] }), ready: httpProbe({ url: "http://a/" }) });
export const file = defineService({ run: () => ({ argv: ["/f"] }), ready: fileProbe({ path: "/f" }) });
export const asked = defineService({
  run: () => ({ argv: ["/c"] }),
  ready: commandProbe({ command: { argv: ["/bin/true"] }, attemptTimeout: seconds(2) }),
});
export const bare = defineService({ run: () => ({ argv: ["/s"] }), ready: spawned() });
export const patient = defineService({
  run: () => ({ argv: ["/s"] }),
  ready: spawned({ timeout: minutes(1) }),
});

// What runs before, beside and after a process knows what it depends on.
const lively = unixProbe({ path: "/run/lively" });
export const lively1 = defineService({
  deps: { wireguard },
  run: () => ({ argv: ["/usr/bin/lively"] }),
  ready: lively,
  before: ({ wireguard }) => ({ argv: ["/usr/bin/check", wireguard.iface] }),
  after: ({ wireguard }) => ({ argv: ["/usr/bin/clean", wireguard.iface], cwd: "/" }),
  stop: { command: ({ wireguard }) => command(wireguard.iface), timeout: seconds(3) },
  alive: { probe: lively.probe, every: seconds(5), failures: 2, timeout: seconds(2) },
  reload: ({ wireguard }) => command(wireguard.iface),
  verbs: { rotate: "SIGUSR1", flush: ({ wireguard }) => ({ argv: ["/usr/bin/flush", wireguard.iface] }) },
});
export const checked = defineService({
  kind: "oneshot",
  deps: { wireguard },
  before: ({ wireguard }) => ({ argv: ["/usr/bin/check", wireguard.iface] }),
  run: () => ({ argv: ["/usr/bin/checked"] }),
});

// A body in TypeScript: its parameter is typed by deps, its result types the dependents' parameter.
export const hostname = script({
  deps: { agent, interfaces },
  run: async ({ agent, interfaces }) => {
    same<typeof agent, { ipc: string }>();
    same<typeof interfaces, readonly string[]>();
    return { name: await Deno.readTextFile(agent.ipc), first: interfaces[0] ?? null };
  },
  undo: (_outputs, { name }) => console.log(name),
});
export const greeting = script({ deps: { hostname }, run: ({ hostname }) => console.log(hostname.name) });

// What init does itself; who depends on it minds that it may have been skipped.
export const modules = kernelModules({
  deps: { persist },
  names: ["wireguard"],
  restart: { on: "on-failure" },
});
export const machine = machineName({ deps: { hostname }, name: ({ hostname }) => hostname.name });
export const lo = loopback({ description: "127.0.0.1 and ::1" });
export const seed = randomSeed({ deps: { persist }, file: ({ persist }) => `${persist.path}/seed` });
export const clock = savedClock({ file: "/clock" });
export const told = script({
  deps: { modules, machine },
  run: ({ modules, machine }) => ({
    why: modules.skipped ?? "",
    loaded: modules.loaded ?? [],
    name: machine.name,
  }),
});

interface Declared {
  readonly name: string;
  readonly tags?: readonly string[];
}
// An interface has no index signature; it is JSON all the same.
export const declared = script({ run: (): Declared => ({ name: "a" }) });

// A template is a function.
const worker = (name: string) =>
  defineService({ run: () => ({ argv: ["/usr/bin/worker", name] }), ready: spawned() });
export const workerA = worker("a");
export const workerB = worker("b");
export const workers = defineBundle([workerA, workerB]);
export const system = defineSystem({
  boot: defineBundle([agent, workers]),
  watchdog: {
    success: [agent],
    deadline: seconds(90),
    statusFile: (generation) => `/persist/generations/${generation}/status`,
    onFailure: "reboot",
  },
  control: { read: "everybody" },
});

same<typeof persist, Service<Mounted>>();
same<typeof wireguard, Service<{ iface: string }>>();
same<typeof agent, Service<{ ipc: string }>>();
same<typeof helped, Service<null>>();
same<typeof interfaces, Service<readonly string[]>>();
same<typeof plain, Service<null>>();
same<typeof bare, Service<null>>();
same<typeof lively1, Service<{ readonly path: string }>>();
same<typeof checked, Service<null>>();
same<typeof hostname, Service<{ name: string; first: string | null }>>();
same<typeof modules, Service<Performed<{ loaded: readonly string[] }>>>();
same<typeof machine, Service<Performed<{ name: string }>>>();
same<typeof lo, Service<Performed<{ interface: string }>>>();
same<typeof seed, Service<Performed<{ bits: number }>>>();
same<typeof clock, Service<Performed<{ movedBy: number }>>>();
same<typeof declared, Service<Declared>>();
same<typeof system, System>();
