import { play } from "./plan.ts";
import { keepLaws } from "./laws.ts";
import { forAllPlans } from "./run.ts";

Deno.test("step keeps every law in small systems, whatever is done and whatever goes wrong", () => {
  forAllPlans(30_000, { services: 4, moves: 30, consequences: true }, (world, plan) => {
    keepLaws(world);
    for (const { id } of world.graph.nodes) world.send({ type: "start", id });
    for (const move of plan.moves) play(world, move, true);
  });
});

Deno.test("step keeps every law in larger systems, whatever is done and whatever goes wrong", () => {
  forAllPlans(16_000, { services: 12, moves: 40, consequences: false }, (world, plan) => {
    keepLaws(world);
    for (const { id } of world.graph.nodes) world.send({ type: "start", id });
    for (const move of plan.moves) play(world, move, false);
  });
});
