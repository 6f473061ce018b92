// What each dependency wrapper gives to `run`.
import {
  after,
  defineService,
  milestone,
  type NoDeps,
  optional,
  type Outputs,
  script,
  spawned,
  tcpProbe,
} from "denit";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(..._proof: Equal<A, B> extends true ? [] : [different: never]): void {}

interface Address {
  readonly port: number;
  readonly host: string;
}

export const web = defineService({ run: () => ({ argv: ["/usr/bin/web"] }), ready: tcpProbe({ port: 80 }) });
export const migrate = script({ run: () => ({ version: 3 }) });
export const dependent = defineService({
  // A dependency may be known by another name than its own.
  deps: { front: web, cache: optional(web), migrate: milestone(migrate), syslog: after(web) },
  run: (outputs) => {
    same<keyof typeof outputs, "front" | "cache" | "migrate">();
    same<typeof outputs.front, Required<Address>>();
    same<typeof outputs.cache, Required<Address> | undefined>();
    same<typeof outputs.migrate, { version: number }>();
    const port = outputs.cache === undefined ? "none" : String(outputs.cache.port);
    return { argv: ["/usr/bin/dependent", port, outputs.front.host, String(outputs.migrate.version)] };
  },
  ready: spawned(),
});
export const ordered = script({
  deps: { dependent: after(dependent) },
  run: (outputs) => same<keyof typeof outputs, never>(),
});

same<keyof Outputs<NoDeps>, never>();
