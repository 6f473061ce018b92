/** Whether tests take the time that they have at night: `DENIT_NIGHTLY=1`, which `deno task nightly` sets. */
export function isNight(): boolean {
  return Deno.env.get("DENIT_NIGHTLY") === "1";
}
