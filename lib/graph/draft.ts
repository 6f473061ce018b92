import { definition, type Service } from "../define/service.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { originOf } from "./origin.ts";

/** A graph that is still being put together: services by name, edges by object. */
export interface Draft {
  readonly names: Map<Service, string>;
  readonly services: Map<string, Service>;
  readonly diagnostics: Diagnostic[];
  /** Where each service was defined, by name, where the stack cannot tell. */
  readonly origins: Readonly<Record<string, string>>;
}

/** Notes something that keeps the draft from being a graph; the text is in the form of {@linkcode Diagnostic}. */
export function fault(
  draft: Draft,
  service: Service | null,
  setting: string,
  { cause, cure }: Pick<Diagnostic, "cause" | "cure">,
): void {
  const name = service === null ? null : draft.names.get(service) ?? null;
  const origin = service === null ? null : whereIs(draft, service);
  draft.diagnostics.push({ service: name, origin, setting, cause, cure });
}

/** Where a service of a draft was defined, or null where nobody can tell. */
function whereIs(draft: Draft, service: Service): string | null {
  return draft.origins[draft.names.get(service) ?? ""] ?? originOf(service[definition]);
}
