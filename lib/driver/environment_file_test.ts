import { assertEquals } from "@std/assert";
import { parseEnvironment } from "./environment_file.ts";

Deno.test("parseEnvironment() takes values bare, in single quotes and in double quotes", () => {
  const text = `# a comment
; another

 PORT=8080 
BARE=a b 'c' # no comment
EMPTY=
SINGLE='$HOME \\n "x"'
DOUBLE="a \\"b\\" \\\\ \\$HOME \\\`c\\\` \\n. \\d"
export OLD=way
PORT=8081
`;
  assertEquals(parseEnvironment(text), {
    variables: {
      PORT: "8081",
      BARE: "a b 'c' # no comment",
      EMPTY: "",
      SINGLE: '$HOME \\n "x"',
      DOUBLE: 'a "b" \\ $HOME `c` \n. \\d',
      OLD: "way",
    },
    fault: null,
  });
});

Deno.test("parseEnvironment() names the line that says nothing", () => {
  const faults = ["A=1\nB", "A=1\n\n2B=3", "A='x", 'A="x', 'A="x" y', "A='x'y", "A=\0"].map((text) =>
    parseEnvironment(text).fault
  );
  assertEquals(faults, [
    "line 2 has no NAME=value",
    "line 3 has no NAME=value",
    ...Array(4).fill("line 1 has a value of A whose quotes do not end, or are followed by more"),
    "line 1 has a value of A with a NUL character",
  ]);
});
