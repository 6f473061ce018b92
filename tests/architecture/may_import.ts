/** The folders and files that the module documentation of a `mod.ts` announces after "May import:"; null if it does not. */
export function mayImport(text: string): string[] | null {
  const documentation = text.match(/^\/\*\*([\s\S]*?)\*\//)?.[1]?.replace(/^ \* ?/gm, "") ?? "";
  const sentence = documentation.match(/May import:([\s\S]*?)(?:\.\s|\.$|\n\n)/)?.[1];
  if (sentence === undefined) return null;
  return sentence.match(/\b(?:lib\/[a-z_/]+(?:\.ts)?|units|build\.ts|init\.ts)/g) ?? [];
}
