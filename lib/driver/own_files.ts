import type { Command } from "../define/command.ts";
import type { Directory } from "../define/own_files.ts";
import type { ProcessMount, SpawnAttributes } from "../os/attributes.ts";
import { osError } from "../os/errno.ts";
import { OsError } from "../os/error.ts";
import type { Fd, FdMapping } from "../os/os.ts";
import type { ServiceFiles } from "../os/service_files.ts";
import { parseEnvironment } from "./environment_file.ts";

/** What a process has of files before it is started. */
export interface OwnFiles {
  /** The variables of its environment files. */
  readonly env: Readonly<Record<string, string>>;
  /** What init says of the rest, which no setting replaces. */
  readonly told: Readonly<Record<string, string>>;
  readonly mounts: readonly ProcessMount[];
  readonly fds: readonly FdMapping[];
}

const none: OwnFiles = { env: {}, told: {}, mounts: [], fds: [] };

/** The names of systemd.exec(5). */
const VARIABLES = {
  runtime: "RUNTIME_DIRECTORY",
  state: "STATE_DIRECTORY",
  cache: "CACHE_DIRECTORY",
  logs: "LOGS_DIRECTORY",
} as const;
const DIRECTORY_MODE = 0o755;

/** What the preparation of files needs. */
export interface OwnFilesSettings {
  /** Null where there are none: on a virtual kernel. */
  readonly files: ServiceFiles | null;
  /** Holds bytes in memory for a process to read. */
  readonly blob: (bytes: Uint8Array) => Fd;
  /** The name of the service. */
  readonly name: string;
  /** Whose process it will be. */
  readonly owner: Pick<SpawnAttributes, "uid" | "gid">;
  /** Gets what is to be closed once the process has it. */
  readonly ends: Fd[];
}

/**
 * Makes the folders of a process, and reads its environment files and its secrets.
 *
 * @throws {OsError} With the step that failed as its `call`.
 */
export function prepareFiles(command: Command, settings: OwnFilesSettings): OwnFiles {
  const { directories, envFiles, secrets } = command;
  const { files } = settings;
  if (files === null || directories === undefined && envFiles === undefined && secrets === undefined) {
    return none;
  }
  const handed = secrets === undefined ? { mounts: [], fds: [] } : readSecrets(secrets, settings, files);
  return {
    env: envFiles === undefined ? {} : readEnvironment(envFiles, files),
    told: {
      ...directories === undefined ? {} : makeDirectories(command, settings, files),
      ...hasFileSecrets(command) ? { CREDENTIALS_DIRECTORY: `${files.secretsFolder}/${settings.name}` } : {},
    },
    mounts: [...writable(command), ...handed.mounts],
    fds: handed.fds,
  };
}

/** The folder of a process that goes when its service is down; null if it has none. */
export function runtimeDirectory({ directories: { runtime } = {}, root = "" }: Command): string | null {
  return runtime === undefined ? null : root + pathOf(runtime);
}

/** Directories in the midst of what is read-only for the process: these are not. */
function writable({ directories = {}, readOnlyPaths = [], root = "" }: Command): ProcessMount[] {
  return Object.values(directories).map(pathOf).filter((path) =>
    readOnlyPaths.some((folder) => `${path}/`.startsWith(folder === "/" ? folder : `${folder}/`))
  ).map((path) => ({ bind: root + path, at: path, readOnly: false }));
}

function readEnvironment(
  sources: NonNullable<Command["envFiles"]>,
  files: ServiceFiles,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const source of sources) {
    const { path, optional = false } = typeof source === "string" ? { path: source } : source;
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(files.read(path));
    } catch (error) {
      if (error instanceof TypeError) throw osError("read", "EILSEQ", path, "it is not in UTF-8");
      if (optional && error instanceof OsError && error.code === "ENOENT") continue;
      throw error;
    }
    const { variables, fault } = parseEnvironment(text);
    if (fault !== null) throw osError("read variables from", "EINVAL", path, fault);
    Object.assign(env, variables);
  }
  return env;
}

function makeDirectories(
  { directories = {}, root }: Command,
  { owner }: OwnFilesSettings,
  files: ServiceFiles,
): Record<string, string> {
  const told: Record<string, string> = {};
  for (const kind of ["runtime", "state", "cache", "logs"] as const) {
    const directory = directories[kind];
    if (directory === undefined) continue;
    const path = pathOf(directory);
    const { mode = DIRECTORY_MODE } = typeof directory === "string" ? {} : directory;
    files.makeFolder({
      path,
      ...root === undefined ? {} : { root },
      mode,
      uid: owner.uid ?? null,
      gid: owner.gid ?? null,
    });
    told[VARIABLES[kind]] = path;
  }
  return told;
}

function pathOf(directory: Directory): string {
  return typeof directory === "string" ? directory : directory.path;
}

function hasFileSecrets({ secrets = {} }: Command): boolean {
  return Object.values(secrets).some((secret) => typeof secret === "string");
}

function readSecrets(
  secrets: NonNullable<Command["secrets"]>,
  { blob, name: service, owner, ends }: OwnFilesSettings,
  files: ServiceFiles,
): Pick<OwnFiles, "mounts" | "fds"> {
  const contents: Record<string, Uint8Array<ArrayBuffer>> = {};
  const fds: FdMapping[] = [];
  for (const [name, secret] of Object.entries(secrets)) {
    if (typeof secret === "string") {
      contents[name] = files.read(secret);
      continue;
    }
    const fd = blob(files.read(secret.path));
    ends.push(fd);
    fds.push({ from: fd, to: secret.fd });
  }
  if (Object.keys(contents).length === 0) return { mounts: [], fds };
  const at = `${files.secretsFolder}/${service}`;
  files.makeFolder({ path: at, mode: DIRECTORY_MODE, uid: null, gid: null });
  return { mounts: [{ at, contents, ...owner }], fds };
}
