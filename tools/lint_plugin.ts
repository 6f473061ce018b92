/**
 * The rules of this repository that a linter can hold. Each message says what
 * is wrong and why; the hint says what to do. `deno.json` loads it.
 *
 * @module
 */
import { fileSize, noUtils, twoTypeParameters } from "./lint/shape.ts";
import { ffiPlace, noCommandInInit } from "./lint/runtime.ts";
import { pure, readonlyShapes } from "./lint/pure.ts";
import { noDoubleCast, noServiceAnnotation } from "./lint/types.ts";

export default {
  name: "denit",
  rules: {
    "pure": pure,
    "readonly": readonlyShapes,
    "ffi-place": ffiPlace,
    "no-command-in-init": noCommandInInit,
    "file-size": fileSize,
    "no-utils": noUtils,
    "two-type-parameters": twoTypeParameters,
    "no-service-annotation": noServiceAnnotation,
    "no-double-cast": noDoubleCast,
  },
} satisfies Deno.lint.Plugin;
