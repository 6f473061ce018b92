/** Whatever happens, and wherever the power is cut: what is booted is found, and ends in a generation that was good. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { addGeneration } from "../../lib/boot/generation_add.ts";
import { chooseGeneration } from "../../lib/boot/generation_choose.ts";
import { PATIENCE, readGenerations } from "../../lib/boot/generation_folder.ts";
import { type GenerationStatus, writeStatus } from "../../lib/boot/status_file.ts";
import { CrashingDisk, PowerCut } from "./crashing_disk.ts";
import { howOften } from "./run.ts";

const FOLDER = "/generations";
const IDS = ["a", "b", "c"];
/** After how many steps the power is cut; most writings have no more than ten. */
const cuts = fc.oneof(fc.constant(Infinity), fc.nat(12));

const moves = fc.oneof(
  fc.record({ add: fc.constantFrom(...IDS), again: fc.boolean(), cut: cuts }),
  fc.record({
    verdict: fc.constantFrom<(GenerationStatus | null)[]>("ok", "failed", null),
    cut: cuts,
    later: cuts,
  }),
);

type Move = Parameters<Parameters<typeof moves.map>[0]>[0];

/** A machine, and what must be true of it. */
class Machine {
  disk = new CrashingDisk(".tmp");
  /** Those that are known to have said `ok`. */
  readonly good = new Set<string>();
  /** Those that are known to have been added. */
  readonly #numbers = new Map<string, number>();
  /** How often each may have been booted since its last verdict. */
  readonly #silent = new Map<string, number>();
  #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** A folder to begin with, which an installation has made. */
  async install(): Promise<void> {
    await this.disk.makeFolder(FOLDER);
    await this.disk.sync("/");
  }

  async add(id: string, again: boolean, cut: number): Promise<void> {
    await this.#powered(cut, async () => {
      const number = await addGeneration(this.disk, FOLDER, id, { again });
      assertEquals(this.#numbers.get(id) ?? number, number, "the number is for ever");
      this.#numbers.set(id, number);
    });
    await this.check();
  }

  /**
   * Boots. What is booted then gets a verdict, or ends without one.
   *
   * @returns What was booted, and whether as a last resort; null if the power was cut before.
   */
  async boot(verdict: GenerationStatus | null, cut = Infinity, later = Infinity) {
    const found: { id: string | null; resort: boolean } = { id: null, resort: false };
    const tell = (line: string) => found.resort ||= line.includes("last resort");
    const came = await this.#powered(cut, async () => {
      found.id = await chooseGeneration(this.disk, FOLDER, tell);
    });
    const { id } = found;
    for (const known of came ? [id ?? ""] : IDS) this.#silent.set(known, this.silentBoots(known) + 1);
    await this.check();
    if (!came) return null;
    assertEquals(id === null, (await this.#generations()).length === 0, "whatever there is, is booted");
    if (id === null || verdict === null) this.#cutPower();
    else {
      const path = `${FOLDER}/${id}/status`;
      const judged = await this.#powered(
        later,
        () => writeStatus(path, verdict, "not ready: web", this.disk),
      );
      if (judged && verdict === "ok") {
        this.good.add(id);
        this.#silent.delete(id);
      }
    }
    await this.check();
    return found;
  }

  /** How many boots may end badly before the last resort. */
  async budget(): Promise<number> {
    const tries = (await this.#generations()).map(({ status, unjudged }) =>
      status?.says === "pending" ? status.tries : status?.says === "ok" ? Math.max(0, PATIENCE - unjudged) : 0
    );
    return tries.reduce((sum, some) => sum + some, 0);
  }

  /** The newest that has ever been known to say `ok`. */
  async newestGood(): Promise<string | null> {
    return (await this.#generations()).find(({ wasGood }) => wasGood)?.id ?? null;
  }

  silentBoots(id: string): number {
    return this.#silent.get(id) ?? 0;
  }

  async check(): Promise<void> {
    const { generations, strange } = await readGenerations(this.disk, FOLDER);
    assertEquals(strange.filter((fault) => fault.includes("status")), [], "no status is ever half written");
    const known = new Map(generations.map((generation) => [generation.id, generation]));
    for (const [id, number] of this.#numbers) assertEquals(known.get(id)?.number, number, `${id} is lost`);
    for (const id of this.good) assert(known.get(id)?.wasGood, `${id} was good, and nobody knows`);
    for (const { id, status } of generations) {
      const blamed = status?.says === "failed" && status.reason.includes("without a verdict");
      if (blamed) assert(this.silentBoots(id) >= PATIENCE, `${id} is blamed for boots that had a verdict`);
    }
    assertEquals(
      new Set(generations.map(({ number }) => number)).size,
      generations.length,
      "numbers are unique",
    );
  }

  async #generations() {
    return (await readGenerations(this.disk, FOLDER)).generations;
  }

  /** Whether something was done before the power was cut. What caught the error on its way has done nothing after it. */
  async #powered(cut: number, act: () => Promise<void>): Promise<boolean> {
    this.disk.stepsLeft = cut;
    try {
      await act();
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
    }
    const came = this.disk.stepsLeft >= 0;
    this.disk.stepsLeft = Infinity;
    if (!came) this.#cutPower();
    return came;
  }

  #cutPower(): void {
    this.disk = this.disk.crash((sides) => {
      this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
      return (this.#seed >>> 8) % sides;
    });
  }
}

async function play(seed: number, story: readonly Move[]): Promise<Machine> {
  const machine = new Machine(seed);
  await machine.install();
  for (const move of story) {
    if ("add" in move) await machine.add(move.add, move.again, move.cut);
    else await machine.boot(move.verdict, move.cut, move.later);
  }
  return machine;
}

Deno.test("generations: after any history, boots that end without a verdict come to the newest that was good", async () => {
  const property = fc.asyncProperty(fc.integer(), fc.array(moves, { maxLength: 40 }), async (seed, story) => {
    const machine = await play(seed, story);
    const budget = await machine.budget();
    for (let boots = 0;; boots++) {
      const { id, resort } = (await machine.boot(null))!;
      if (resort || id === null) {
        assertEquals(
          machine.good.size > 0 ? id : null,
          machine.good.size > 0 ? await machine.newestGood() : null,
        );
        break;
      }
      assert(boots < budget, `${boots} boots without a verdict, of at most ${budget}`);
    }
    // What made them fail is over: the last resort is an ordinary generation again.
    const { id } = (await machine.boot("ok"))!;
    if (id !== null) assertEquals(await machine.boot("ok"), { id, resort: false });
  });
  await fc.assert(property, howOften(500));
});

Deno.test("generations: a power cut at any step of any boot costs a try at most, and is no endless loop", async () => {
  const property = fc.asyncProperty(
    fc.integer(),
    fc.array(moves, { maxLength: 20 }),
    fc.array(fc.nat(12), { minLength: 200, maxLength: 200 }),
    async (seed, story, steps) => {
      const machine = await play(seed, story);
      let budget = await machine.budget();
      for (const cut of steps) {
        const booted = await machine.boot(null, cut);
        const left = await machine.budget();
        assert(left <= budget, "tries never come back by themselves");
        if (booted !== null && booted.id !== null && !booted.resort) {
          assert(left < budget, "a boot costs a try");
        }
        if (booted === null) assert(left >= budget - 1, "a power cut costs a try at most");
        budget = left;
      }
    },
  );
  await fc.assert(property, howOften(100));
});

Deno.test("generations: boots that ended badly are forgotten with the verdict that follows, whenever the power is cut", async () => {
  for (let seed = 0; seed < 100; seed++) {
    const machine = await play(seed, [{ add: "a", again: false, cut: Infinity }]);
    for (const _ of Array(3)) {
      await machine.boot("ok");
      for (let boots = 0; boots < PATIENCE - 1; boots++) await machine.boot(null);
    }
    assertEquals(await machine.boot(null), { id: "a", resort: false });
    assertEquals(await machine.boot(null), { id: "a", resort: true });
  }
});

Deno.test("CrashingDisk keeps what is synchronised, and may lose or halve what is not", async () => {
  const outcomes = new Set<string | null>();
  for (let seed = 0; seed < 200; seed++) {
    const disk = new CrashingDisk(".tmp");
    await disk.write("/old", "old");
    await disk.sync("/old");
    await disk.sync("/");
    await disk.write("/new", "content");
    let turn = seed;
    const after = disk.crash((sides) =>
      (turn = (Math.imul(turn, 1_664_525) + 1_013_904_223) >>> 0, turn >>> 8) % sides
    );
    assertEquals(await after.read("/old"), "old");
    outcomes.add(await after.read("/new"));
  }
  for (const outcome of [null, "", "content", "cont"]) {
    assert(outcomes.has(outcome), `${outcome} never comes of it`);
  }
});
