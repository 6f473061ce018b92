import { type HostMount, hostMounts, isPseudo } from "./boot_host_mounts.ts";
import {
  MNT_DETACH,
  mount,
  MS_BIND,
  MS_NODEV,
  MS_NOSUID,
  MS_RDONLY,
  MS_REC,
  MS_REMOUNT,
  pivotRoot,
  umount,
} from "../os/linux/mod.ts";
import { messageOf } from "../define/message_of.ts";

/** How a {@linkcode Root} is made. */
export interface RootSettings {
  /** A folder of a file system in memory that nobody else uses. */
  readonly scratch: string;
  /** A folder whose content is laid over the host's. */
  readonly layer: string;
  /** Inside a user namespace: overlays need another option there, and what cannot be made read-only does no harm. */
  readonly confined: boolean;
  /** Whether to try overlays at all. */
  readonly overlay: boolean;
  /** Told what of the host cannot be shown. */
  readonly note: (text: string) => void;
}

/**
 * A root that looks like the host's, with a layer on top, and that keeps every change in memory.
 *
 * Each folder of the host's root becomes an overlay of its own: the kernel refuses one overlay of all of it inside a
 * user namespace, where the mounts below it must not come loose. A folder of which there can be no overlay is bound,
 * read-only if possible, and what the layer has in it is put between its entries.
 */
export class Root {
  readonly path: string;
  readonly #settings: RootSettings;
  readonly #mounts: readonly HostMount[] = hostMounts();
  #overlays = 0;

  constructor(settings: RootSettings) {
    this.#settings = settings;
    this.path = `${settings.scratch}/root`;
    Deno.mkdirSync(this.path);
    // pivot_root(2) wants a mount point.
    mount("root", this.path, "tmpfs", 0, "mode=0755");
  }

  /** Makes an empty folder, with a file system of its own in it where a type is given. */
  make(path: string, type = "", flags = 0, data = ""): void {
    Deno.mkdirSync(this.path + path, { recursive: true });
    if (type !== "") mount(type, this.path + path, type, flags, data);
  }

  /** Lays everything of the host's root but the folders that `without` names, such as `/proc`. */
  layHost(without: ReadonlySet<string>): void {
    for (const entry of Deno.readDirSync("/")) {
      const path = `/${entry.name}`;
      if (without.has(path)) continue;
      if (entry.isSymlink) Deno.symlinkSync(Deno.readLinkSync(path), this.path + path);
      else if (entry.isDirectory) {
        try {
          this.#layTree(path);
        } catch (error) {
          // One odd file system shall not keep the machine from booting; who needs it will say so.
          this.#settings.note(
            `cannot show all of ${path}: ${messageOf(error)}`,
          );
        }
      }
    }
  }

  /** Lays a folder of the host at a path of the root. Changes to it stay in memory. */
  lay(source: string, target: string): void {
    Deno.mkdirSync(this.path + target, { recursive: true });
    if (!this.#overlay([source], target)) this.#bind(source, target);
  }

  /** Shows a file or folder of the host as it is: for devices and namespaces. */
  show(source: string, target: string): void {
    if (Deno.statSync(source).isDirectory) Deno.mkdirSync(this.path + target, { recursive: true });
    else Deno.writeTextFileSync(this.path + target, "");
    mount(source, this.path + target, "", MS_BIND | MS_REC);
  }

  /** Makes it the root of this process and lets go of the old one. */
  enter(): void {
    Deno.chdir(this.path);
    pivotRoot(".", ".");
    // Both lie at "/" now, the old one on top.
    umount(".", MNT_DETACH);
    Deno.chdir("/");
  }

  #layTree(path: string): void {
    Deno.mkdirSync(this.path + path);
    if (!this.#overlay(this.#lower(path), path)) {
      // Read-only, it would be of no use to anybody.
      if (path === "/tmp") mount("tmp", this.path + path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
      else this.#bindTree(path);
      return;
    }
    for (const { point, type } of this.#mounts) {
      if (!point.startsWith(`${path}/`) || isPseudo(type)) continue;
      // What cannot be shown here is seen empty, as on a machine where it is not mounted.
      if (isFolder(point) && isFolder(this.path + point)) this.#overlay(this.#lower(point), point);
    }
  }

  #lower(path: string): readonly string[] {
    const above = this.#settings.layer + path;
    return isFolder(above) ? [above, path] : [path];
  }

  #overlay(lower: readonly string[], target: string): boolean {
    const { scratch, confined, overlay } = this.#settings;
    if (!overlay) return false;
    const own = `${scratch}/overlay${++this.#overlays}`;
    Deno.mkdirSync(`${own}/upper`, { recursive: true });
    Deno.mkdirSync(`${own}/work`);
    const folders = lower.map((folder) => folder.replace(/[\\:,]/g, "\\$&")).join(":");
    const data = `lowerdir=${folders},upperdir=${own}/upper,workdir=${own}/work${
      confined ? ",userxattr" : ""
    }`;
    try {
      // The folder that shows is the upper one's root: it has to have the host's mode, such as the 1777 of /tmp.
      const { mode } = Deno.statSync(lower[lower.length - 1]!);
      if (mode !== null) Deno.chmodSync(`${own}/upper`, mode & 0o7777);
      mount("overlay", this.path + target, "overlay", 0, data);
      return true;
    } catch {
      return false;
    }
  }

  /** Binds a folder, or makes one of which each entry is bound or comes from the layer. */
  #bindTree(path: string): void {
    const layer = this.#settings.layer + path;
    if (!isFolder(layer)) return this.#bind(path, path);
    const laid = new Set<string>();
    for (const { name, isDirectory, isSymlink } of Deno.readDirSync(layer)) {
      laid.add(name);
      const target = `${path}/${name}`, there = this.path + target;
      if (isDirectory) {
        Deno.mkdirSync(there);
        this.#bindTree(target);
      } else if (isSymlink) Deno.symlinkSync(Deno.readLinkSync(`${layer}/${name}`), there);
      else Deno.copyFileSync(`${layer}/${name}`, there);
    }
    if (!isFolder(path)) return;
    for (const { name, isDirectory, isSymlink, isFile } of Deno.readDirSync(path)) {
      if (laid.has(name)) continue;
      const target = `${path}/${name}`;
      if (isSymlink) Deno.symlinkSync(Deno.readLinkSync(target), this.path + target);
      else if (isDirectory || isFile) {
        if (isDirectory) Deno.mkdirSync(this.path + target);
        else Deno.writeTextFileSync(this.path + target, "");
        this.#bind(target, target);
      }
    }
  }

  #bind(source: string, target: string): void {
    const there = this.path + target;
    mount(source, there, "", MS_BIND | MS_REC);
    const flags = this.#mounts.findLast(({ point }) =>
      source === point || source.startsWith(point === "/" ? "/" : `${point}/`)
    );
    try {
      mount("", there, "", MS_REMOUNT | MS_BIND | MS_RDONLY | (flags?.flags ?? 0));
    } catch (error) {
      // In a user namespace a service can do no more to it than the user could; as root it could do anything.
      if (!this.#settings.confined) throw error;
    }
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
