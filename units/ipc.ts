/** What a daemon of FortrOS tells when it is ready: the Unix socket that it serves. */
export interface Ipc {
  readonly ipc: string;
}

/** Whether a notification really names a socket. */
export function isIpc(value: unknown): value is Ipc {
  return typeof value === "object" && value !== null && "ipc" in value && typeof value.ipc === "string";
}
