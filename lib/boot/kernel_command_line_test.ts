import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseKernelCommandLine } from "./kernel_command_line.ts";

const words = (text: string) => Object.fromEntries(parseKernelCommandLine(text).words);

Deno.test("parseKernelCommandLine() reads the words for init", () => {
  const { words: _words, ...rest } = parseKernelCommandLine(
    "BOOT_IMAGE=/vmlinuz ro denit.generation=3f2a denit.single denit.deadline=2.5 denit.rescue=1 quiet\n",
  );
  assertEquals(rest, {
    generation: "3f2a",
    single: true,
    debug: false,
    rescue: true,
    deadline: 2500,
    faults: [],
  });
});

Deno.test("parseKernelCommandLine() splits words and quotes as the kernel does", () => {
  assertEquals(words(' a  b=c=d\te="x y" "f=g h" i"j k"l=m "n o" =p q= '), {
    a: null,
    b: "c=d",
    e: "x y",
    f: "g h",
    'i"j k"l': "m",
    "n o": null,
    "=p": null,
    q: "",
  });
  assertEquals(words('a="never closed b=c'), { a: "never closed b=c" });
  assertEquals(words("a -- denit.single b"), { a: null });
  assertEquals(words(""), {});
});

Deno.test("parseKernelCommandLine() lets the last of equal words win, as the kernel does", () => {
  const line = parseKernelCommandLine(
    "denit.debug denit.generation=a console=tty0 denit.generation=b denit.debug=0",
  );
  assertEquals([line.generation, line.debug, line.faults], ["b", false, []]);
});

Deno.test("parseKernelCommandLine() tells of a wrong word with the nearest, and of a wrong value with the form", () => {
  const line = parseKernelCommandLine(
    "denit.generaton=a denit.deadline=soon denit.generation= denit.single=yes denit.resque",
  );
  assertEquals(line.faults, [
    "cannot use denit.generaton=a of the kernel's command line: there is no such word; did you mean denit.generation?",
    "cannot use denit.deadline=soon of the kernel's command line: it takes another value; write denit.deadline=SECONDS",
    "cannot use denit.generation= of the kernel's command line: it takes another value; write denit.generation=ID",
    "cannot use denit.single=yes of the kernel's command line: it takes another value; write denit.single",
    "cannot use denit.resque of the kernel's command line: there is no such word; did you mean denit.rescue?",
  ]);
  assertEquals([line.generation, line.deadline, line.single, line.rescue], [null, null, false, false]);
});

Deno.test("parseKernelCommandLine() takes any text, and every word that needs no quotes comes back", () => {
  fc.assert(fc.property(fc.string(), (text) => void parseKernelCommandLine(text)));
  const plain = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,8}$/);
  fc.assert(fc.property(fc.dictionary(plain, fc.option(fc.stringMatching(/^[a-z0-9 ]*$/))), (entries) => {
    const text = Object.entries(entries).map(([word, value]) => value === null ? word : `${word}="${value}"`);
    assertEquals(words(text.join(" ")), { ...entries });
  }));
});
