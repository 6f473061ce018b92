import { loopback } from "denit";

/** The network of this machine with itself. */
export const lo = loopback({ description: "loopback interface" });
