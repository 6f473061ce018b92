/** Whether there is something at a path. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Waits until there is something at a path, such as a device whose driver still looks for it.
 *
 * @param limit The longest wait, in ms.
 * @throws {Error} If it is not there in time; it names the path.
 */
export async function waitForFile(path: string, limit: number): Promise<void> {
  const until = performance.now() + limit;
  while (!await exists(path)) {
    if (performance.now() > until) throw new Error(`cannot find ${path}: not there after ${limit / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
