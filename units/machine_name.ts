import { hostname } from "denit";
import { machine } from "./machine.ts";

/** What this machine is called, in its logs and by its prompt. */
export const machineName = hostname({ description: "host name", name: machine.hostname });
