/** How services depend on each other: each on the one before it, or none on any. */
export type Shape = "chain" | "star";

/**
 * The text of a units module with many services.
 *
 * @param argv What each of them is.
 */
export function unitsText(shape: Shape, services: number, argv: readonly string[]): string {
  const lines = [
    'import { defineBundle, defineService, defineSystem, notificationFd } from "denit";',
    "",
  ];
  const command = `{ argv: [${argv.map((word) => JSON.stringify(word)).join(", ")}] }`;
  for (let at = 1; at <= services; at++) {
    const deps = shape === "chain" && at > 1 ? `deps: { s${at - 1} }, ` : "";
    lines.push(
      `export const s${at} = defineService({ ${deps}run: () => (${command}), ready: notificationFd(3), ` +
        "restart: { delay: 0 } });",
    );
  }
  // Starting the last one of a chain starts them all.
  const boot = Array.from({ length: services }, (_, at) => `s${at + 1}`);
  const wanted = shape === "chain" ? boot.slice(-1) : boot;
  lines.push("", `export default defineSystem({ boot: defineBundle([${wanted.join(", ")}]) });`, "");
  return lines.join("\n");
}
