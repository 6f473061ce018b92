import { isService } from "../define/service.ts";
import { isBundle } from "../define/system.ts";

/** What a value is, for a message to somebody who gave the wrong one. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (isService(value)) return "a service";
  if (isBundle(value)) return "a bundle";
  if (Array.isArray(value)) return "a list";
  return typeof value === "string" ? `the string "${value}"` : `a value of type ${typeof value}`;
}
