// Types of deno-std's async/delay.js (@std/async 1.x).

export interface DelayOptions {
  signal?: AbortSignal;
  /** Whether the timer keeps the process alive. Default: true. */
  persistent?: boolean;
}
export function delay(ms: number, options?: DelayOptions): Promise<void>;
