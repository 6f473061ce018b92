/** A folder as it is to be: paths are absolute; a null owner is whoever we are. */
export interface FolderSpec {
  readonly path: string;
  /** What `path` is within, a folder that is there; there, no link is followed at all. Default: `/`. */
  readonly root?: string;
  readonly mode: number;
  readonly uid: number | null;
  readonly gid: number | null;
}

/** The files that services are given, or are told of. */
export interface ServiceFiles {
  /** The folder that has an empty one for each service: there it sees its secrets, and nobody else sees anything. */
  readonly secretsFolder: string;
  /**
   * Reads a file of at most 1 MiB.
   *
   * @throws {OsError} As open(2), with `read` as the call; EINVAL for what is no regular file; EFBIG.
   */
  read(path: string): Uint8Array<ArrayBuffer>;
  /**
   * Makes a folder unless it is there, and all that is above it; it alone is given its owner and its permissions.
   *
   * @throws {OsError} ELOOP for a link that somebody else could have put in the way; ENOTDIR; others as mkdir(2), chown(2).
   */
  makeFolder(folder: FolderSpec): void;
  /** Removes a folder with all that is in it, if it is there. @throws {OsError} */
  removeFolder(path: string): void;
}
