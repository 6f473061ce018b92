/** Services that print what they see of themselves, as text of a units module. */
import type { Init } from "./harness.ts";

/** A service that prints something, and then stays. */
export const told = (settings: string, text: string): string =>
  `defineService({ run: () => ({ ...sh(${
    JSON.stringify(`${text}; echo >&3; exec sleep 100000`)
  }), ${settings} }), ready: notificationFd(3), restart: { on: "never" } })`;

/** A units module with services by their names; `boot` are those that the boot starts. */
export function system(
  services: Readonly<Record<string, string>>,
  boot: readonly string[] = Object.keys(services),
): () => string {
  const units = Object.entries(services).map(([name, service]) => `export const ${name} = ${service};\n`);
  return () =>
    `${units.join("")}export default defineSystem({ boot: defineBundle([good${
      boot.map((name) => `, ${name}`).join("")
    }]) });\n`;
}

/** What a service has printed, once it has printed so many lines. */
export async function lines(init: Init, service: string, count: number): Promise<string[]> {
  const said = async () => (await init.log(service)).split("\n").slice(0, -1);
  await init.eventually(async () => (await said()).length >= count, `${count} lines of ${service}`);
  return await said();
}
