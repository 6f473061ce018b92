import { linux } from "./linux_machine.ts";
import { contract } from "./suite.ts";

contract(linux);
