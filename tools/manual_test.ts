import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { ctlProgram } from "../lib/cli/ctl_command.ts";
import { wholeProgram } from "../lib/cli/generation_commands.ts";
import { ctlExamples, initExamples } from "../lib/cli/manual_examples.ts";
import { unwritten } from "../lib/cli/manual_units.ts";
import { authoringApi, manualPages } from "./manual.ts";
import { read, root } from "./tree.ts";

const pages = await manualPages();

Deno.test("the manual pages are those of the program as it is", () => {
  for (const [path, text] of pages) {
    assertEquals(read(path), text, `${path} is out of date: run deno task man`);
  }
});

Deno.test("manualPages() tells of every command and option that --help shows", () => {
  for (
    const [path, program] of [
      ["man/initctl.1", ctlProgram(() => {})],
      ["man/init.8", wholeProgram({}, () => {})],
    ] as const
  ) {
    const page = pages.get(path) ?? "";
    for (const command of program.createHelp().visibleCommands(program)) {
      assert(page.includes(`\n.Cm ${command.name()}\n`), `${path} does not tell of ${command.name()}`);
      for (const { long } of command.options) {
        assert(page.includes(`Fl ${long?.slice(1)}`), `${path} does not tell of ${command.name()} ${long}`);
      }
    }
  }
});

Deno.test("manualPages() documents every symbol and every setting of the authoring API", async () => {
  const page = pages.get("man/denit.units.5") ?? "";
  const { nodes } = await authoringApi();
  for (const { symbols } of Object.values(nodes)) {
    for (const { name, declarations } of symbols.filter(({ name }) => !unwritten.includes(name))) {
      assert(new RegExp(`^\\.Ss ${name}(\\(\\))?$`, "m").test(page), `the page does not tell of ${name}`);
      for (const property of declarations.flatMap(({ def }) => def?.properties ?? [])) {
        if (property.jsDoc?.doc === undefined) continue;
        assert(
          page.includes(`.It Cm ${property.name}`),
          `the page does not tell of ${name}.${property.name}`,
        );
      }
    }
  }
});

Deno.test("the examples of the manual are calls that the commands understand", () => {
  for (const [call] of [...ctlExamples, ...initExamples]) {
    const [name, ...words] = call.split(" ");
    const program = name === "init" ? wholeProgram({}, () => {}) : ctlProgram(() => {});
    const verb = program.commands.find((command) => words.includes(command.name()));
    assert(verb !== undefined, `${call}: there is no such verb`);
    for (const word of words.filter((word) => word.startsWith("-") && verb.name() !== "ctl")) {
      assert(
        [...verb.options, ...program.options].some(({ long, short }) => long === word || short === word),
        `${call}: ${verb.name()} has no ${word}`,
      );
    }
  }
});

Deno.test({
  name: "mandoc reads the manual pages without an error or a warning",
  ignore: !hasMandoc(),
  fn: async () => {
    const { code, stdout, stderr } = await new Deno.Command("mandoc", {
      args: ["-Tlint", "-W", "warning", ...[...pages.keys()].map((path) => join(root, path))],
      stdin: "null",
    }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assertEquals([code, said], [0, ""]);
  },
});

function hasMandoc(): boolean {
  try {
    return new Deno.Command("mandoc", { args: ["-V"], stdin: "null", stdout: "null", stderr: "null" })
      .outputSync().code !== 127;
  } catch {
    return false;
  }
}
