import type { SystemDescription } from "./describe_system.ts";
import type { Runtime } from "./runtime.ts";

/** `manifest.json` beside an `init`: what it is and what it was made of. Times are milliseconds. */
export interface Manifest extends SystemDescription {
  /** Version of this format. */
  readonly manifest: 1;
  readonly deno: string;
  readonly v8: string;
  readonly typescript: string;
  readonly target: string;
  readonly runtime: { readonly source: string; readonly sha256: string };
  readonly init: { readonly sha256: string; readonly size: number };
  /** SHA-256 of the bundle that the runtime carries. */
  readonly bundle: string;
  /** SHA-256 of each local module that is not Denit's own, by a path that is the same on every machine. */
  readonly sources: Readonly<Record<string, string>>;
}

/** Puts a manifest together. */
export function makeManifest(
  description: SystemDescription,
  runtime: Runtime,
  made: Pick<Manifest, "init" | "bundle" | "sources">,
): Manifest {
  const { deno, v8, typescript } = Deno.version;
  const { source, sha256 } = runtime;
  return {
    ...description,
    ...made,
    manifest: 1,
    deno,
    v8,
    typescript,
    target: Deno.build.target,
    runtime: { source, sha256 },
  };
}

/** A manifest as text: keys sorted, no time stamps, the same for the same content. */
export function renderManifest(manifest: Manifest): string {
  return stableJson(manifest);
}

/** A value as JSON with sorted keys, for a file that is to be the same for the same value. */
export function stableJson(value: unknown): string {
  return JSON.stringify(sorted(value), null, 2) + "\n";
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
