import type { Verb } from "./verbs.ts";

/** What each verb does, in a sentence: help, manual and schema show it. PID 1 does not load it. */
export const verbHelp: Readonly<Record<Verb, string>> = {
  status: "Tells how everything stands, or the services named.",
  start: "Wants services or bundles up, and what they need.",
  stop: "Wants services or bundles down; what is needed stays, unless it is forced.",
  restart: "Takes services down and up again, and what needs them and was up.",
  reload: "Lets services read their configuration anew.",
  do: "Has a service do something by the name that its definition gives it.",
  trigger: "Has a timer run now, or what waits for a connection start without one.",
  release: "Takes the wish back that services be up: what nothing else needs goes down.",
  signal: "Sends a signal to the process of a service.",
  pin: "Holds a service up or down, whatever else is wanted.",
  unpin: "Lets go of a service that is pinned.",
  change: "Brings the system to exactly one bundle, as one transaction that is rolled back if it fails.",
  wait: "Waits until services are ready, or down.",
  why: "Tells why a service is not up, from what it waits for to the first cause.",
  logs: "Shows what a service printed last, and goes on with what it prints.",
  events: "Shows what happens, from now on or from an entry of the journal on.",
  graph: "Tells what depends on what, and what the bundles are.",
  describe: "Describes services so that another generation can be compared with them.",
  switch: "Becomes another init that takes over what runs, after what cannot go on under it was taken down.",
  poweroff: "Takes everything down and switches the machine off; a second time, in a hurry.",
  reboot: "Takes everything down and starts the machine anew; a second time, in a hurry.",
  halt: "Takes everything down and halts the machine; a second time, in a hurry.",
  kexec: "Takes everything down and starts the kernel that was loaded; a second time, in a hurry.",
};
