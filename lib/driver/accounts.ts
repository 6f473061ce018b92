/** A user as /etc/passwd has it: passwd(5). */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** Who there is on a machine. */
export interface Accounts {
  /** A user by name or number; null if there is none. */
  user(who: string | number): Account | null;
  /** The number of a group by its name; null if there is none. */
  group(name: string): number | null;
  /** The numbers of the groups that a user is a member of, beside its own. */
  groupsOf(user: string): readonly number[];
}

/** A file with one entry a line and its fields between colons, read again when it has changed. */
class ColonFile {
  readonly #path: string;
  #version = "";
  #entries: readonly (readonly string[])[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  /** Lines that are none of an account, such as those for NIS, have no number in the third field. */
  read(): readonly (readonly string[])[] {
    try {
      const { mtime, size, ino } = Deno.statSync(this.#path);
      const version = `${mtime?.getTime()} ${size} ${ino}`;
      if (version === this.#version) return this.#entries;
      const lines = Deno.readTextFileSync(this.#path).split("\n").map((line) => line.split(":"));
      this.#entries = lines.filter((fields) => /^\d+$/.test(fields[2] ?? ""));
      this.#version = version;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      this.#entries = [];
      this.#version = "";
    }
    return this.#entries;
  }
}

/**
 * Who there is by `passwd` and `group` of a folder: those that directories on the network know are not seen, as nobody
 * may be waited for before a process is started.
 */
export function accountsIn(folder = "/etc"): Accounts {
  const passwd = new ColonFile(`${folder}/passwd`), groups = new ColonFile(`${folder}/group`);
  return {
    user(who) {
      const found = passwd.read().find(([name, , uid]) =>
        name === who || typeof who === "number" && Number(uid) === who
      );
      if (found === undefined) return null;
      const [name = "", , uid, gid, , home, shell] = found;
      return { name, uid: Number(uid), gid: Number(gid), home: home || "/", shell: shell || "/bin/sh" };
    },
    group(name) {
      const found = groups.read().find((fields) => fields[0] === name);
      return found === undefined ? null : Number(found[2]);
    },
    groupsOf: (user) =>
      groups.read().filter(([, , , members = ""]) => members.split(",").includes(user)).map((fields) =>
        Number(fields[2])
      ),
  };
}
