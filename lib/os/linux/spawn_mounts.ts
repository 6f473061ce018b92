/** The steps that give a new process its own view of the tree: mount_namespaces(7), mount(2), pivot_root(2). */
import type { ProcessMount, SpawnAttributes } from "../attributes.ts";
import { cstring, libc } from "./libc.ts";
import { MNT_DETACH, MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY, MS_REC, MS_SLAVE } from "./mount.ts";
import type { SpawnTable } from "./spawn_table.ts";

/** From <asm/unistd_64.h>. */
const SYS_write = 1,
  SYS_openat = 257,
  SYS_fchownat = 260,
  SYS_chdir = 80,
  SYS_pivot_root = 155,
  SYS_mount = 165,
  SYS_umount2 = 166,
  SYS_mount_setattr = 442;
/** From <fcntl.h> and <linux/mount.h>. */
const AT_FDCWD = -100, AT_RECURSIVE = 0x8000, MOUNT_ATTR_RDONLY = 1, MOUNT_ATTR_SIZE = 32;
/** From <fcntl.h>: a new file, for writing. */
const O_NEW = 0o1 | 0o100 | 0o200 | 0o2000000;
/** In struct mount_attr: where what is to be set, and what is to be cleared. */
const MOUNT_ATTR_SET = 0, MOUNT_ATTR_CLEAR = 8;
/** From <unistd.h>. */
const F_OK = 0;

/** Whether attributes ask for a mount namespace, or for something that makes sense only in one. */
export function needsMountNamespace({ namespaces, mounts }: SpawnAttributes): boolean {
  return namespaces?.includes("mount") || (mounts !== undefined && mounts.length > 0);
}

/** Adds the mounts, and then the change of the root. The process is in a namespace of its own already. */
export function enterMounts(table: SpawnTable, { mounts = [], root }: SpawnAttributes): void {
  const mount = (target: string, source: string, type: string, flags: number, options = "") => {
    table.step(
      SYS_mount,
      table.text(source),
      table.text(target),
      table.text(type),
      flags,
      table.text(options),
    );
  };
  table.stage("unshare", "mounts");
  mount("/", "none", "", MS_REC | MS_SLAVE);
  if (root !== undefined) {
    table.stage("mount", root);
    mount(root, root, "", MS_BIND | MS_REC);
  }
  for (const item of mounts) addMount(table, mount, item, root ?? "");
  if (root === undefined) return;
  // With "." for both, the old root lies on top of the new one, until it is detached.
  const here = table.text(".");
  table.stage("pivot_root to", root);
  table.step(SYS_chdir, table.text(root));
  table.step(SYS_pivot_root, here, here);
  table.step(SYS_umount2, here, MNT_DETACH);
  table.step(SYS_chdir, table.text("/"));
}

type Mount = (target: string, source: string, type: string, flags: number, options?: string) => void;

function addMount(table: SpawnTable, mount: Mount, item: ProcessMount, root: string): void {
  const at = root + ("hide" in item ? item.hide : item.at);
  table.stage("mount", at);
  if ("hide" in item) {
    // A directory has an entry `.`, and nothing else has.
    if (libc.access(cstring(`${at}/.`), F_OK) === -1) return mount(at, "/dev/null", "", MS_BIND);
    return mount(at, "none", "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0,nr_inodes=1");
  }
  if ("contents" in item) return addContents(table, mount, at, item);
  if ("type" in item) return mount(at, item.source ?? "none", item.type, item.flags ?? 0, item.options);
  mount(at, item.bind, "", MS_BIND | MS_REC);
  if (item.readOnly === undefined) return;
  // Unlike a remount, this leaves other flags as they are, and reaches what is mounted below.
  const attributes = new Uint8Array(MOUNT_ATTR_SIZE);
  attributes[item.readOnly ? MOUNT_ATTR_SET : MOUNT_ATTR_CLEAR] = MOUNT_ATTR_RDONLY;
  table.step(
    SYS_mount_setattr,
    AT_FDCWD,
    table.text(at),
    AT_RECURSIVE,
    table.data(attributes),
    MOUNT_ATTR_SIZE,
  );
}

/** Mounts a folder in memory, and fills it: nobody else ever sees it. */
function addContents(
  table: SpawnTable,
  mount: Mount,
  at: string,
  { contents, uid = -1, gid = -1 }: Extract<ProcessMount, { contents: unknown }>,
): void {
  mount(at, "none", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700");
  for (const [name, bytes] of Object.entries(contents)) {
    const path = table.text(`${at}/${name}`);
    table.stage("write", `${at}/${name}`);
    const file = table.step(SYS_openat, AT_FDCWD, path, O_NEW, 0o400);
    table.pass(file, table.step(SYS_write, 0, table.data(bytes), bytes.length));
    table.step(SYS_fchownat, AT_FDCWD, path, uid, gid);
  }
  table.step(SYS_fchownat, AT_FDCWD, table.text(at), uid, gid);
}
