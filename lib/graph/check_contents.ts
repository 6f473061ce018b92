import { isService } from "../define/service.ts";
import { type Bundle, contentsOf, isBundle } from "../define/system.ts";
import { describe } from "./describe.ts";
import { type Draft, fault } from "./draft.ts";

/** Each thing in a bundle must be a bundle or an exported service, and be in it once. */
export function checkContents(bundles: ReadonlyMap<Bundle, string>, draft: Draft): void {
  const checked = new Set(bundles.keys());
  const queue = [...bundles];
  // A bundle without a name goes by that of the one it was found in, and is looked at once, however often it is found.
  for (const [bundle, setting] of queue) {
    const seen = new Set<unknown>();
    for (const item of contentsOf(bundle)) {
      if (seen.has(item)) twice(item, setting, draft);
      else if (!isBundle(item)) checkMember(item, setting, draft);
      else if (!checked.has(item)) {
        checked.add(item);
        queue.push([item, setting]);
      }
      seen.add(item);
    }
  }
}

/** Wherever services are listed, each must be one, and have a name. */
export function checkMember(item: unknown, setting: string, draft: Draft): void {
  if (!isService(item)) {
    fault(draft, null, setting, {
      cause: `cannot put ${describe(item)} into ${setting}: it is not a service`,
      cure: "pass the service itself; undefined means that two unit files import each other",
    });
  } else if (!draft.names.has(item)) {
    fault(draft, item, setting, {
      cause: `cannot put a service without a name into ${setting}: it is not exported`,
      cure: "export it from the units module: its export gives it its name",
    });
  }
}

function twice(item: unknown, setting: string, draft: Draft): void {
  const service = isService(item) ? item : null;
  const name = service === null ? describe(item) : draft.names.get(service) ?? "a service";
  fault(draft, service, setting, {
    cause: `cannot put ${name} into ${setting}: it is in there already`,
    cure: "take one of the two away",
  });
}
