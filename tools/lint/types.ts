import { isIn, unitFolders } from "../layout.ts";
import { pathIn } from "./path.ts";

/** An exported service whose type is written out hides a cycle from the compiler, which then has nothing to infer. */
export const noServiceAnnotation: Deno.lint.Rule = {
  create(context) {
    if (!isIn(pathIn(context), unitFolders)) return {};
    const report = (node: Deno.lint.Node, name: string) =>
      context.report({
        node,
        message:
          `the type of ${name} is written out: a cycle of dependencies through it is then no type error any more`,
        hint: "leave the type to inference; use `satisfies` to check it",
      });
    return {
      "ExportNamedDeclaration > VariableDeclaration > VariableDeclarator"(
        node: Deno.lint.VariableDeclarator,
      ) {
        if (node.id.type !== "Identifier" || !isDefinition(node.init)) return;
        if (node.id.typeAnnotation) report(node.id.typeAnnotation, node.id.name);
        if (node.init?.type === "TSAsExpression") report(node.init.typeAnnotation, node.id.name);
      },
    };
  },
};

/** A call makes the service, be it `defineService` or a template; only a literal cannot be one. */
function isDefinition(node: Deno.lint.Node | null): boolean {
  if (node?.type === "TSAsExpression" || node?.type === "TSSatisfiesExpression") {
    return isDefinition(node.expression);
  }
  return node?.type === "CallExpression";
}

/** `x as unknown as T` is an `any` by another name. */
export const noDoubleCast: Deno.lint.Rule = {
  create(context) {
    return {
      TSAsExpression(node) {
        const { expression } = node;
        if (expression.type !== "TSAsExpression") return;
        if (expression.typeAnnotation.type !== "TSUnknownKeyword") return;
        const message = "a cast by way of unknown turns the compiler off: it would believe anything here";
        context.report({
          node,
          message,
          hint: "narrow the value with a check, or give what makes it its true type",
        });
      },
    };
  },
};
