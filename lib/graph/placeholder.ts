/**
 * Stands for an output that is not known at rest. It turns into text such as
 * `<wireguard.iface>` wherever text is wanted, and lets itself be looked into
 * as deep as anyone likes.
 *
 * @example
 * ```ts
 * import { placeholder, settled } from "../graph/mod.ts";
 *
 * if (`${placeholder("wireguard.iface")}` !== "<wireguard.iface>") throw new Error("text");
 * if (JSON.stringify(settled([placeholder("web")])) !== '["<web>"]') throw new Error("text in data");
 * ```
 */
export function placeholder(path: string): unknown {
  const text = `<${path}>`;
  return new Proxy(() => placeholder(`${path}()`), {
    get(_target, key) {
      if (key === Symbol.toPrimitive || key === "toString" || key === "valueOf" || key === "toJSON") {
        return () => text;
      }
      if (key === Symbol.iterator) {
        return [placeholder(`${path}[]`)][Symbol.iterator].bind([placeholder(`${path}[]`)]);
      }
      if (typeof key === "symbol") return undefined;
      // What a string can do, the text does: an output is a string more often than anything else.
      const own = Reflect.get(Object(text), key);
      return typeof own === "function" ? own.bind(text) : placeholder(`${path}.${key}`);
    },
  });
}

/**
 * A value in which placeholders were replaced by their text, everywhere that data can be.
 *
 * @example
 * ```ts
 * import { placeholder, settled } from "../graph/mod.ts";
 *
 * if (JSON.stringify(settled({ a: [placeholder("b.c")] })) !== '{"a":["<b.c>"]}') throw new Error("text");
 * ```
 */
export function settled(value: unknown): unknown {
  if (typeof value === "function") return String(value);
  if (Array.isArray(value)) return value.map(settled);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, settled(item)]));
}
