/** Told of an error that nobody has caught. */
type Witness = (error: unknown) => void;

let witness: Witness = (error) => console.error(error);

/**
 * Keeps this process alive when something throws where nobody catches it: an
 * exception in a timer or a listener, a rejection, a stack overflow. What
 * cannot be survived is V8 out of memory: that aborts the process.
 */
export function surviveErrors(): void {
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    witness(event.error ?? event.message);
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    witness(event.reason);
  });
}

/** Takes the means to end this process away from units: in PID 1 that would be the end of the machine. */
export function forbidExit(): void {
  Deno.exit = () => {
    throw new Error("cannot exit: this process is init, and only a signal to it shuts down");
  };
}

/** From now on uncaught errors are told to somebody else. */
export function onUncaught(tell: Witness): void {
  witness = (error) => {
    try {
      tell(error);
    } catch {
      // An error about an error has nowhere to go.
    }
  };
}
