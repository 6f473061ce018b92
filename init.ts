/**
 * The init binary: PID 1, and every other role of it, by its arguments. `#units` is the module that names all services.
 *
 * @module
 */
import * as units from "#units";
import { main } from "./lib/cli/main.ts";

await main(units);
