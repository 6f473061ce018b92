/** Tells the user what is being done; each step says how long it took. */
export interface Progress {
  /** Carries a step out. `name` is an -ing phrase: `checking types`. */
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Something worth knowing between the steps. */
  note(text: string): void;
}

/** Progress as lines on standard error; a step of more than a second is also announced before it ends. */
export const stderrProgress: Progress = {
  async step(name, work) {
    const began = performance.now();
    const announce = setTimeout(() => console.error(`${name} ...`), 1000);
    try {
      return await work();
    } finally {
      clearTimeout(announce);
      console.error(`${name}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    }
  },
  note: (text) => console.error(text),
};

/** No progress at all, for callers with a display of their own, and for tests. */
export const silentProgress: Progress = { step: (_name, work) => work(), note: () => {} };
