/** Whether something is mounted at a path that has no blanks in it: /proc/self/mountinfo of proc(5). */
export async function isMountPoint(path: string): Promise<boolean> {
  const mounts = await Deno.readTextFile("/proc/self/mountinfo");
  return mounts.split("\n").some((line) => line.split(" ")[4] === path);
}
