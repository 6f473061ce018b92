import { isService } from "../define/service.ts";
import { isBundle } from "../define/system.ts";
import { type Draft, fault } from "./draft.ts";
import { nameFault, serviceName } from "./name.ts";

/** Names each service after its export, and sees to it that no two services or bundles have one name. */
export function nameServices(exports: Readonly<Record<string, unknown>>, draft: Draft): void {
  // A module namespace lists its exports in alphabetical order, whatever the order in the file.
  const taken = new Map<string, string>();
  for (const [identifier, value] of Object.entries(exports)) {
    if (!isService(value) && !isBundle(value)) continue;
    const service = isService(value) ? value : null;
    if (identifier === "default") {
      fault(draft, service, identifier, {
        cause: "cannot boot the default export: it is a service or bundle, not a system",
        cure: "export it by name; the default export is defineSystem({ ... })",
      });
      continue;
    }
    const name = serviceName(identifier);
    const unfit = nameFault(name);
    if (unfit !== null) {
      fault(draft, service, identifier, {
        cause: `cannot name the export ${identifier}: ${unfit}`,
        cure: "export it under another name, such as persistMount for persist-mount",
      });
    }
    const other = taken.get(name);
    if (other !== undefined) {
      fault(draft, service, identifier, {
        cause: `cannot name the export ${identifier}: ${name} is the name of ${other} already`,
        cure: "rename one of them",
      });
      continue;
    }
    taken.set(name, identifier);
    if (service === null) continue;
    const first = draft.names.get(service);
    if (first !== undefined) {
      fault(draft, service, identifier, {
        cause: `cannot name one service ${name}: it is exported as ${first} already`,
        cure: "keep one export; for a second instance, define it again through a function",
      });
      continue;
    }
    draft.names.set(service, name);
    draft.services.set(name, service);
  }
}
