import { ffiFolder, initFolders, isIn, isTest } from "../layout.ts";
import { pathIn } from "./path.ts";

/** Native code is loaded and touched in one folder, beside the man page and the layout that it relies on. */
export const ffiPlace: Deno.lint.Rule = {
  create(context) {
    if (isIn(pathIn(context), [ffiFolder])) return {};
    return membersOfDeno((name, node) => {
      if (name !== "dlopen" && !name.startsWith("Unsafe")) return;
      const message =
        `Deno.${name} stands outside ${ffiFolder}: a wrong call of native code ends PID 1, so all of it is in one place`;
      context.report({
        node,
        message,
        hint: `add what you need to a file of ${ffiFolder}, with its contract test`,
      });
    });
  },
};

/** In PID 1 the driver alone starts and reaps processes; Deno.Command would reap behind its back. */
export const noCommandInInit: Deno.lint.Rule = {
  create(context) {
    const path = pathIn(context);
    if ((!isIn(path, initFolders) && path !== "init.ts") || isTest(path)) return {};
    const hint = "spawn by the Os interface of lib/os, and learn of the end from the driver";
    const why = "two that reap lose each other's exit codes";
    return {
      ...membersOfDeno((name, node) => {
        if (name !== "Command" && name !== "spawn" && name !== "spawnAndWait") return;
        context.report({ node, message: `Deno.${name} is used in code of PID 1: ${why}`, hint });
      }),
      ImportDeclaration(node) {
        if (node.source.value !== "node:child_process" && node.source.value !== "child_process") return;
        context.report({ node, message: `${node.source.value} is used in code of PID 1: ${why}`, hint });
      },
    };
  },
};

/** Calls back for every member of the global `Deno`, however it is reached: `Deno.x`, `Deno["x"]`, `{ x } = Deno`. */
function membersOfDeno(found: (name: string, node: Deno.lint.Node) => void): Deno.lint.LintVisitor {
  return {
    MemberExpression(node) {
      if (node.object.type !== "Identifier" || node.object.name !== "Deno") return;
      const name = keyName(node.property);
      if (name !== null) found(name, node);
    },
    VariableDeclarator(node) {
      if (node.init?.type !== "Identifier" || node.init.name !== "Deno" || node.id.type !== "ObjectPattern") {
        return;
      }
      for (const property of node.id.properties) {
        const name = property.type === "Property" ? keyName(property.key) : null;
        if (name !== null) found(name, property);
      }
    },
  };
}

function keyName(node: Deno.lint.Node): string | null {
  if (node.type === "Identifier") return node.name;
  return node.type === "Literal" && typeof node.value === "string" ? node.value : null;
}
