import type { Millis } from "../define/time.ts";

/** Whether `work`, which never fails, is done within some time; settled when that is known. */
export async function patiently(work: Promise<void>, patience: Millis): Promise<boolean> {
  const limit = Promise.withResolvers<false>();
  const timer = setTimeout(limit.resolve, patience, false);
  const done = await Promise.race([work.then(() => true), limit.promise]);
  clearTimeout(timer);
  return done;
}
