import type { Command } from "../define/command.ts";
import { messageOf } from "../define/message_of.ts";
import { type Graph, nodeOf, type ServiceId } from "../graph/graph.ts";
import type { ServiceFiles } from "../os/service_files.ts";
import { runtimeDirectory } from "./own_files.ts";

/** What the removal of runtime directories needs of the driver. */
export interface RuntimeDirectoriesSettings {
  readonly graph: Graph;
  readonly files: ServiceFiles | null;
  /** Writes into the journal. */
  readonly note: (id: ServiceId, event: string, details: Readonly<Record<string, string>>) => void;
}

/** Knows which folders go when their service is down. */
export class RuntimeDirectories {
  readonly #settings: RuntimeDirectoriesSettings;
  readonly #paths = new Map<ServiceId, Set<string>>();

  constructor(settings: RuntimeDirectoriesSettings) {
    this.#settings = settings;
  }

  /** A process of a service has what its command says. */
  note(id: ServiceId, command: Command): void {
    const path = runtimeDirectory(command);
    if (path === null) return;
    const known = this.#paths.get(id);
    if (known === undefined) this.#paths.set(id, new Set([path]));
    else known.add(path);
  }

  /** A service is down. */
  clear(id: ServiceId): void {
    const paths = this.#paths.get(id);
    if (paths === undefined) return;
    this.#paths.delete(id);
    const { files, note } = this.#settings;
    for (const path of paths) {
      try {
        files?.removeFolder(path);
      } catch (error) {
        note(id, "leftBehind", { detail: messageOf(error) });
      }
    }
  }

  /** The folders of services by the names of these, for the next driver. */
  leave(): Record<string, readonly string[]> {
    const { graph } = this.#settings;
    return Object.fromEntries([...this.#paths].map(([id, paths]) => [nodeOf(graph, id).name, [...paths]]));
  }

  /** Goes on with what another driver has left. */
  take(left: Readonly<Record<string, readonly string[]>>): void {
    const { graph } = this.#settings;
    for (const [name, paths] of Object.entries(left)) {
      const id = graph.ids.get(name);
      if (id !== undefined) this.#paths.set(id, new Set(paths));
    }
  }
}
