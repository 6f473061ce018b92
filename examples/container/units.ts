/**
 * A container with a database and a web server: PostgreSQL keeps its data on the volume /data, nginx shows on port 8080
 * what is in there. All of it runs as the one user of the container, on a read-only root; what is not to last is in /run.
 *
 * @module
 */
import { defineBundle, defineService, defineSystem, httpProbe, script, sdNotify, seconds } from "denit";

const postgres = "/usr/lib/postgresql/15/bin";
const data = "/data/postgres";

/** Makes the cluster where the volume is new. What was cut short is begun anew: only what is whole gets its name. */
export const cluster = defineService({
  description: "data directory of PostgreSQL",
  kind: "oneshot",
  run: () => ({
    argv: [
      "/bin/sh",
      "-ec",
      `[ ! -e ${data} ] || exit 0
      rm -rf ${data}.new
      ${postgres}/initdb -D ${data}.new -U shop -E UTF8 --locale=C.UTF-8 -A trust --no-instructions
      mv ${data}.new ${data}`,
    ],
  }),
  claims: { stateDirectories: [data] },
});

/** It is started again in place when it crashes; nobody else need notice. */
export const database = defineService({
  description: "PostgreSQL, at a Unix socket only",
  deps: { cluster },
  run: () => ({
    argv: [
      `${postgres}/postgres`,
      "-D",
      data,
      ...[
        "-c",
        "listen_addresses=",
        "-c",
        "unix_socket_directories=/run",
        "-c",
        "unix_socket_permissions=0700",
      ],
    ],
  }),
  // After a crash it reads what it had not written yet, which may take a while.
  ready: sdNotify({ timeout: seconds(60) }),
  // SIGTERM would wait for clients; this ends their sessions.
  stop: { signal: "SIGINT", timeout: seconds(6) },
  claims: { sockets: ["/run/.s.PGSQL.5432"] },
});

const psql = [
  "/usr/bin/psql",
  "-X",
  "-q",
  "-h",
  "/run",
  "-U",
  "shop",
  "-d",
  "postgres",
  "-v",
  "ON_ERROR_STOP=1",
] as const;

/** Makes the tables, and notes that the shop has opened once more. */
export const schema = defineService({
  description: "tables of the shop",
  kind: "oneshot",
  deps: { database },
  run: () => ({ argv: [...psql, "-f", "/etc/shop/schema.sql"] }),
});

/** Writes the page that nginx shows: a body in TypeScript. */
export const page = script({
  description: "the page",
  deps: { schema },
  run: async () => {
    const [program, ...args] = psql;
    const question = ["-At", "-c", "SELECT count(*) FROM opening"];
    const { success, stdout, stderr } = await new Deno.Command(program, { args: [...args, ...question] })
      .output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const count = Number(new TextDecoder().decode(stdout));
    await Deno.mkdir("/run/www", { recursive: true });
    await Deno.writeTextFile("/run/www/index.html", `<p>The shop has opened ${count} times.</p>\n`);
    return { count };
  },
});

/** What the container is for: when it ends, so does the container, with its exit code. */
export const web = defineService({
  description: "nginx on port 8080",
  deps: { page },
  run: () => ({
    argv: ["/usr/sbin/nginx", "-e", "stderr", "-c", "/etc/nginx/nginx.conf", "-g", "daemon off;"],
  }),
  ready: httpProbe({ url: "http://127.0.0.1:8080/health" }),
  reload: "SIGHUP",
  // SIGTERM would cut off answers that are under way.
  stop: { signal: "SIGQUIT", timeout: seconds(3) },
  claims: { pidFiles: ["/run/nginx.pid"] },
});

export default defineSystem({ boot: defineBundle([web]), essential: [web] });
