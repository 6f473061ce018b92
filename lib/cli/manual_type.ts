/** Types of TypeScript as `deno doc --json` describes them, as short text. */

/** A type; what else it holds depends on its kind. */
export interface DocType {
  readonly kind: string;
  readonly repr?: string;
  readonly value?: unknown;
}

/** A type as one would write it; functions and records are cut short. */
export function typeText(type: DocType): string {
  const { kind, value, repr = "" } = type;
  switch (kind) {
    case "keyword":
      return String(value);
    case "literal":
      return literalText(value);
    case "union":
      return typesIn(value).map(typeText).join(" | ");
    case "intersection":
      return typesIn(value).map(typeText).join(" & ");
    case "array":
      return isType(value) ? `${typeText(value)}[]` : repr;
    case "parenthesized":
      return isType(value) ? `(${typeText(value)})` : repr;
    case "typeOperator": {
      const inner = memberOf(value, "tsType");
      return isType(inner) ? typeText(inner) : repr;
    }
    case "typeQuery":
      return `typeof ${repr}`;
    case "typeRef": {
      const parameters = typesIn(memberOf(value, "typeParams")).map(typeText);
      return `${memberOf(value, "typeName")}${parameters.length === 0 ? "" : `<${parameters.join(", ")}>`}`;
    }
    case "tuple":
      return `[${typesIn(value).map(typeText).join(", ")}]`;
    case "rest":
      return isType(value) ? `...${typeText(value)}` : repr;
    case "fnOrConstructor": {
      const parameters = memberOf(value, "params");
      const names = Array.isArray(parameters) ? parameters.map((one: unknown) => memberOf(one, "name")) : [];
      return `(${names.join(", ")}) => ...`;
    }
    default:
      return "{ ... }";
  }
}

function literalText(value: unknown): string {
  if (memberOf(value, "kind") === "string") return JSON.stringify(memberOf(value, "string"));
  const parts = memberOf(value, "tsTypes");
  if (!Array.isArray(parts)) return String(memberOf(value, String(memberOf(value, "kind"))));
  return JSON.stringify(
    typesIn(parts).map((part) => part.kind === "literal" ? unquoted(typeText(part)) : `\${${typeText(part)}}`)
      .join(""),
  );
}

function unquoted(text: string): string {
  return text.replace(/^"|"$/g, "");
}

function typesIn(value: unknown): readonly DocType[] {
  return Array.isArray(value) ? value.filter(isType) : [];
}

function isType(value: unknown): value is DocType {
  return typeof memberOf(value, "kind") === "string";
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
