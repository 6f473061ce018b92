import { isIn, isTest, pureFolders } from "../layout.ts";
import { pathIn } from "./path.ts";

/** What reaches the outside, tells the time, waits or is random, and the word for it in the message. */
const impure: ReadonlyMap<string, string> = new Map([
  ...["Deno", "process", "fetch", "WebSocket", "Worker", "localStorage", "console", "navigator", "globalThis"]
    .map((name) => [name, "reaches the outside"] as const),
  ...["Date", "performance"].map((name) => [name, "tells the time"] as const),
  ...["setTimeout", "setInterval", "clearTimeout", "clearInterval", "setImmediate", "queueMicrotask"]
    .map((name) => [name, "is a timer"] as const),
  ["crypto", "is random"],
]);

const hint = "take what you need as an argument or an event, or put the code into lib/driver or lib/os";

/** The pure folders reach nothing outside, so that one recorded boot always replays to the same trace. */
export const pure: Deno.lint.Rule = {
  create(context) {
    const path = pathIn(context);
    if (!isIn(path, pureFolders) || isTest(path)) return {};
    const bound = new Set<string>();
    const used: Deno.lint.Identifier[] = [];
    const asynchronous = (node: Deno.lint.Node) =>
      context.report({
        node,
        message: "a pure folder does not wait: `step` returns at once, what follows is an event",
        hint,
      });
    const source = (node: { source: Deno.lint.StringLiteral | null }) => {
      if (node.source === null || node.source.value.startsWith(".")) return;
      const message = `a pure folder does not import ${node.source.value}: it is built on nothing but itself`;
      context.report({ node: node.source, message, hint });
    };
    return {
      ImportDeclaration: source,
      ExportNamedDeclaration: source,
      ExportAllDeclaration: source,
      ImportExpression: asynchronous,
      AwaitExpression: asynchronous,
      MemberExpression(node) {
        // Without these two, what they belong to only counts.
        for (
          const [object, property, what] of [["Math", "random", "is random"], [
            "Temporal",
            "Now",
            "tells the time",
          ]] as const
        ) {
          if (!isNamed(node.object, object) || !isNamed(node.property, property)) continue;
          context.report({
            node,
            message: `a pure folder does not use ${object}.${property}: it ${what}`,
            hint,
          });
        }
      },
      Identifier(node) {
        if (!impure.has(node.name)) return;
        if (isBinding(node)) bound.add(node.name);
        else if (isReference(node)) used.push(node);
      },
      "FunctionDeclaration[async=true]": asynchronous,
      "FunctionExpression[async=true]": asynchronous,
      "ArrowFunctionExpression[async=true]": asynchronous,
      "Program:exit"() {
        for (const node of used) {
          if (bound.has(node.name)) continue;
          const message = `a pure folder does not use ${node.name}: it ${impure.get(node.name)}`;
          context.report({ node, message, hint });
        }
      },
    };
  },
};

/** In the pure folders, what an exported type holds is never changed: a new value takes its place. */
export const readonlyShapes: Deno.lint.Rule = {
  create(context) {
    const path = pathIn(context);
    if (!isIn(path, pureFolders) || isTest(path)) return {};
    return {
      TSPropertySignature(node) {
        if (node.readonly) return;
        const ancestors = context.sourceCode.getAncestors(node).map((ancestor) => ancestor.type);
        // What a conditional type compares with holds nothing.
        if (!ancestors.includes("ExportNamedDeclaration") || ancestors.includes("TSConditionalType")) return;
        if (!ancestors.includes("TSInterfaceDeclaration") && !ancestors.includes("TSTypeAliasDeclaration")) {
          return;
        }
        context.report({
          node,
          message:
            "a property of an exported type in a pure folder is readonly: what can change under its reader is no value",
          hint: "write `readonly` before it, and make a new object instead of changing one",
        });
      },
    };
  },
};

function isNamed(node: Deno.lint.Node, name: string): boolean {
  return (node.type === "Identifier" && node.name === name) ||
    (node.type === "Literal" && node.value === name);
}

/** Whether an identifier introduces a name. A parameter or a variable may well be called `process`. */
function isBinding(node: Deno.lint.Identifier): boolean {
  const { parent } = node;
  switch (parent.type) {
    case "VariableDeclarator":
      return parent.id === node;
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
    case "RestElement":
    case "ArrayPattern":
    case "CatchClause":
    case "ImportSpecifier":
    case "ImportDefaultSpecifier":
    case "ImportNamespaceSpecifier":
      return true;
    case "AssignmentPattern":
      return parent.left === node;
    case "Property":
      return parent.value === node && parent.parent.type === "ObjectPattern";
    default:
      return false;
  }
}

/** Whether an identifier reads a name, rather than being the key or the property that happens to be called so. */
function isReference(node: Deno.lint.Identifier): boolean {
  const { parent } = node;
  switch (parent.type) {
    case "MemberExpression":
      return parent.object === node || parent.computed;
    case "Property":
      return parent.value === node || parent.shorthand || parent.computed;
    case "TSQualifiedName":
      return parent.left === node;
    case "TSPropertySignature":
    case "TSMethodSignature":
    case "PropertyDefinition":
    case "MethodDefinition":
      return parent.computed;
    case "ExportSpecifier":
    case "LabeledStatement":
      return false;
    default:
      return true;
  }
}
