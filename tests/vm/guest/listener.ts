/** A machine that takes lines from its console. Its image has busybox, and no links to it. */
import { defineBundle, defineService, defineSystem, notificationFd, seconds } from "denit";

/** The terminal becomes that of its session, so that a Ctrl-C there reaches it. */
const commands = `
  exec </dev/ttyS0
  trap 'echo interrupted' INT
  echo >&3
  exec 3>&-
  while :; do
    read -r line && echo "heard $line" || /bin/busybox sleep 0.1
  done
`;

/** Says to its log, which is the console, what was typed there. */
export const listener = defineService({
  run: () => ({ argv: ["/bin/busybox", "sh", "-c", commands] }),
  ready: notificationFd(3, { timeout: seconds(60) }),
  log: { to: "console" },
});

export default defineSystem({ boot: defineBundle([listener]) });
