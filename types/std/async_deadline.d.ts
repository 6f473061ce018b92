// Types of deno-std's async/deadline.js (@std/async 1.x).

export interface DeadlineOptions {
  signal?: AbortSignal;
}
export function deadline<T>(promise: Promise<T>, ms: number, options?: DeadlineOptions): Promise<T>;
