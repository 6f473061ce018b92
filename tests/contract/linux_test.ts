import { linux } from "./linux_machine.ts";
import { contract, disposal } from "./suite.ts";

contract(linux);
disposal(linux);
