// Types of deno-std's async/pool.js (@std/async 1.x).

export function pooledMap<T, R>(
  poolLimit: number,
  array: Iterable<T> | AsyncIterable<T>,
  map: (item: T) => Promise<R>,
): AsyncIterableIterator<R>;
