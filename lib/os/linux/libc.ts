/**
 * The C library by FFI: the one `Deno.dlopen` of the project, and what every call needs around it (errno, strings).
 *
 * The library is opened when this module is loaded, not at the first call, so that a test's leak detection does not
 * take it for a leak of that test. Numbers and layouts in this folder are those of x86-64 with glibc 2.34 or newer.
 */
import { type ErrnoName, osError } from "../errno.ts";
import type { OsError } from "../error.ts";

// Variadic C functions (fcntl, open, syscall) take integers just like others in the x86-64 calling convention.
// Results of type ssize_t are declared i32: nothing here transfers 2 GiB, and Deno makes BigInts of wider ones.
const symbols = {
  accept4: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  access: { parameters: ["buffer", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  capget: { parameters: ["buffer", "buffer"], result: "i32" },
  capset: { parameters: ["buffer", "buffer"], result: "i32" },
  chmod: { parameters: ["buffer", "u32"], result: "i32" },
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  clock_settime: { parameters: ["i32", "buffer"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  dup3: { parameters: ["i32", "i32", "i32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  epoll_wait_blocking: {
    name: "epoll_wait",
    parameters: ["i32", "buffer", "i32", "i32"],
    result: "i32",
    nonblocking: true,
  },
  errno_location: { name: "__errno_location", parameters: [], result: "pointer" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  execve: { parameters: ["buffer", "buffer", "buffer"], result: "i32" },
  fchownat: { parameters: ["i32", "buffer", "i32", "i32", "i32"], result: "i32" },
  fchmod: { parameters: ["i32", "u32"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  futex: { name: "syscall", parameters: ["i32", "buffer", "i32", "i32", "buffer"], result: "i32" },
  getrandom: { parameters: ["buffer", "usize", "u32"], result: "i32" },
  ftruncate: { parameters: ["i32", "i64"], result: "i32" },
  getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  inet_pton: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  inotify_add_watch: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  inotify_init1: { parameters: ["i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  ioprio_get: { name: "syscall", parameters: ["i32", "i32", "i32"], result: "i32" },
  kcmp: { name: "syscall", parameters: ["i32", "i32", "i32", "i32", "i32", "i32"], result: "i32" },
  kill: { parameters: ["i32", "i32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  lseek: { parameters: ["i32", "i64", "i32"], result: "i32" },
  memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  mkfifo: { parameters: ["buffer", "u32"], result: "i32" },
  mkdir: { parameters: ["buffer", "u32"], result: "i32" },
  mmap: { parameters: ["u64", "usize", "i32", "i32", "i32", "i64"], result: "u64" },
  mount: { parameters: ["buffer", "buffer", "buffer", "u64", "buffer"], result: "i32" },
  mprotect: { parameters: ["u64", "usize", "i32"], result: "i32" },
  open: { parameters: ["buffer", "i32", "u32"], result: "i32" },
  pidfd_open: { name: "syscall", parameters: ["i32", "i32", "u32"], result: "i32" },
  pipe2: { parameters: ["buffer", "i32"], result: "i32" },
  pivot_root: { name: "syscall", parameters: ["i32", "buffer", "buffer"], result: "i32" },
  posix_spawn: { parameters: ["buffer", "buffer", "buffer", "buffer", "buffer", "buffer"], result: "i32" },
  posix_spawn_file_actions_addchdir_np: { parameters: ["buffer", "buffer"], result: "i32" },
  posix_spawn_file_actions_addclose: { parameters: ["buffer", "i32"], result: "i32" },
  posix_spawn_file_actions_addclosefrom_np: { parameters: ["buffer", "i32"], result: "i32" },
  posix_spawn_file_actions_adddup2: { parameters: ["buffer", "i32", "i32"], result: "i32" },
  posix_spawn_file_actions_destroy: { parameters: ["buffer"], result: "i32" },
  posix_spawn_file_actions_init: { parameters: ["buffer"], result: "i32" },
  posix_spawnattr_init: { parameters: ["buffer"], result: "i32" },
  posix_spawnattr_setflags: { parameters: ["buffer", "i16"], result: "i32" },
  posix_spawnattr_setsigdefault: { parameters: ["buffer", "buffer"], result: "i32" },
  posix_spawnattr_setsigmask: { parameters: ["buffer", "buffer"], result: "i32" },
  prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
  prlimit: { parameters: ["i32", "i32", "buffer", "buffer"], result: "i32" },
  pthread_sigmask: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  reboot: { parameters: ["i32"], result: "i32" },
  recvmsg: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  rmdir: { parameters: ["buffer"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  sethostname: { parameters: ["buffer", "usize"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  setresuid_of_thread: { name: "syscall", parameters: ["i32", "u32", "u32", "u32"], result: "i32" },
  sigaction: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  sync: { parameters: [], result: "void", nonblocking: true },
  timerfd_create: { parameters: ["i32", "i32"], result: "i32" },
  timerfd_settime: { parameters: ["i32", "i32", "buffer", "buffer"], result: "i32" },
  umount2: { parameters: ["buffer", "i32"], result: "i32" },
  unlink: { parameters: ["buffer"], result: "i32" },
  unshare: { parameters: ["i32"], result: "i32" },
  waitid: { parameters: ["i32", "i32", "buffer", "i32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions of glibc that this folder calls; see the manual page of each in section 2 or 3. */
export const libc: Deno.DynamicLibrary<typeof symbols>["symbols"] = Deno.dlopen("libc.so.6", symbols).symbols;

const errnoView = new Deno.UnsafePointerView(libc.errno_location()!);

/** Why the last call of this thread failed. Valid only right after a call that returned -1. */
export function errno(): number {
  return errnoView.getInt32(0);
}

/**
 * Passes the result of a call on, unless it is the -1 of a failure.
 *
 * @throws {OsError} With the errno of the call.
 */
export function checked(result: number, call: string, subject: string | number = ""): number {
  if (result === -1) throw failure(call, subject);
  return result;
}

/** The error for the call that has just failed. */
export function failure(call: string, subject: string | number = "", detail?: string): OsError {
  return osError(call, errno(), String(subject), detail);
}

const encoder = new TextEncoder();

/**
 * A text as C wants it: UTF-8 with a zero byte at its end.
 *
 * @throws {OsError} EINVAL if the text has a zero byte of its own, at which C would cut it off.
 */
export function cstring(text: string): Uint8Array<ArrayBuffer> {
  if (text.includes("\0")) throw nulByte(text);
  return encoder.encode(text + "\0");
}

/** The error for a text that C would cut off at its zero byte. */
export function nulByte(text: string): OsError {
  return osError("pass", "EINVAL" satisfies ErrnoName, JSON.stringify(text), "it contains a NUL byte");
}
