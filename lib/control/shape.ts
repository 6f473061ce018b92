import type { Json } from "../define/json.ts";

/** The part of JSON Schema in which requests are described: one value is schema, check and type at once. */
export type Shape =
  | { readonly type: "string"; readonly maxLength: number }
  | { readonly enum: readonly string[] }
  | { readonly type: "integer"; readonly minimum: number; readonly maximum: number }
  | { readonly type: "boolean" }
  | {
    readonly type: "array";
    readonly items: Shape;
    readonly minItems: number;
    readonly maxItems: number;
  };

/** The values that a shape describes. */
export type ValueOf<S extends Shape> = S extends { readonly enum: readonly (infer Word)[] } ? Word
  : S extends { readonly type: "string" } ? string
  : S extends { readonly type: "integer" } ? number
  : S extends { readonly type: "boolean" } ? boolean
  : S extends { readonly items: infer Item extends Shape } ? readonly ValueOf<Item>[]
  : never;

/** What a value would have to be; null if it is that. */
export function expected(shape: Shape, value: Json): string | null {
  if ("enum" in shape) {
    return typeof value === "string" && shape.enum.includes(value) ? null : `one of ${shape.enum.join(", ")}`;
  }
  switch (shape.type) {
    case "boolean":
      return typeof value === "boolean" ? null : "true or false";
    case "string": {
      const { maxLength } = shape;
      return typeof value === "string" && value.length <= maxLength
        ? null
        : `a string of at most ${maxLength} characters`;
    }
    case "integer": {
      const { minimum, maximum } = shape;
      const fits = Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum;
      return fits ? null : `a whole number from ${minimum} to ${maximum}`;
    }
    case "array": {
      const { items, minItems, maxItems } = shape;
      if (!Array.isArray(value) || value.length < minItems || value.length > maxItems) {
        return `a list of ${minItems} to ${maxItems}`;
      }
      const fault = value.map((item) => expected(items, item)).find((fault) => fault !== null);
      return fault === undefined ? null : `a list, each of it ${fault}`;
    }
  }
}
