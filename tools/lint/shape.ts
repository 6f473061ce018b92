import { initLineLimit, isTest, lineLimit, tables, typeParameterLimit } from "../layout.ts";
import { pathIn } from "./path.ts";

/** A file is read in one go. */
export const fileSize: Deno.lint.Rule = {
  create(context) {
    const path = pathIn(context);
    if (isTest(path) || (tables as readonly string[]).includes(path)) return {};
    const limit = path === "init.ts" ? initLineLimit : lineLimit;
    return {
      Program() {
        const { text } = context.sourceCode;
        const lines = text.replace(/\n$/, "").split("\n");
        if (lines.length <= limit) return;
        const start = lines.slice(0, limit).join("\n").length + 1;
        const message =
          `the file has ${lines.length} lines, the limit is ${limit}: nobody reads a longer one in one go`;
        context.report({
          range: [start, start],
          message,
          hint: "move what has a name of its own into a file of that name",
        });
      },
    };
  },
};

/** A file is named for its main export; these names say nothing. */
export const noUtils: Deno.lint.Rule = {
  create(context) {
    const path = pathIn(context);
    if (!/(^|\/)(utils?|helpers?|common|misc|shared)\.ts$/.test(path)) return {};
    return {
      Program(node) {
        const message = `${path} says nothing about what is in it, so everything ends up there`;
        context.report({
          node,
          message,
          hint: "name the file for its main export, and split it if it has none",
        });
      },
    };
  },
};

type Parameters = Deno.lint.TSTypeParameterDeclaration | undefined | null;

/**
 * More than two type parameters on an export are more than an error message
 * can carry. Those of a class are not seen: Deno 2.7 does not show them to plugins.
 */
export const twoTypeParameters: Deno.lint.Rule = {
  create(context) {
    const declared = new Map<string, Deno.lint.TSTypeParameterDeclaration>();
    const exported = new Set<string>();
    const declare = (node: { id: Deno.lint.Identifier | null; typeParameters?: Parameters }) => {
      const count = node.typeParameters?.params.length ?? 0;
      if (node.id !== null && node.typeParameters && count > typeParameterLimit) {
        declared.set(node.id.name, node.typeParameters);
      }
    };
    return {
      FunctionDeclaration: declare,
      TSDeclareFunction: declare,
      TSInterfaceDeclaration: declare,
      TSTypeAliasDeclaration: declare,
      ExportNamedDeclaration(node) {
        const { declaration } = node;
        if (declaration !== null && "id" in declaration && declaration.id?.type === "Identifier") {
          exported.add(declaration.id.name);
        }
        for (const { local } of node.specifiers) if (local.type === "Identifier") exported.add(local.name);
      },
      "Program:exit"() {
        for (const [name, node] of declared) {
          if (!exported.has(name)) continue;
          const message =
            `${name} has ${node.params.length} type parameters, the limit for an export is ${typeParameterLimit}: ` +
            "errors and completion show all of them";
          context.report({ node, message, hint: "derive the others inside, or take one record of types" });
        }
      },
    };
  },
};
