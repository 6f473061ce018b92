/**
 * Signals in the moments around execve(2): a handler in machine code notes them in memory that the next program can
 * read, as any thread may receive one until the very last moment, when JavaScript does not run any more.
 */
import type { Fd, SignalName } from "../os.ts";
import { signalName, signalNumber } from "../signals.ts";
import { checked, cstring, failure, libc } from "./libc.ts";
import { loadCode } from "./machine_code.ts";

/** From <sys/mman.h>, <linux/memfd.h> and <bits/sigaction.h>. */
const PROT_READ = 1, PROT_WRITE = 2, MAP_SHARED = 1, MAP_FAILED = 0xffff_ffff_ffff_ffffn;
const MFD_CLOEXEC = 1, SA_RESTART = 0x1000_0000, PAGE = 4096;
/** struct sigaction of glibc: sa_handler, sa_mask of 128 bytes, sa_flags, padding, sa_restorer. */
export const SIZEOF_SIGACTION = 152, SA_FLAGS = 136;
const SIG_SETMASK = 2, SIZEOF_SIGSET = 128;

/** Signals that are noted from now on, instead of what happened to them before. */
export interface SignalRecord {
  /** Where they are noted; it may outlive this program. Read it by {@linkcode recordedSignals}. */
  readonly fd: Fd;
  /** Lets happen to signals again what happened to them before. */
  end(): void;
}

/**
 * Notes signals in a descriptor from now on. This thread receives none until the end: they wait, and the next program
 * inherits that; see pthread_sigmask(3) and `letSignalsThrough`.
 *
 * @throws {OsError} ENOMEM, EMFILE, or EACCES where no memory may become executable.
 */
export function recordSignals(signals: readonly SignalName[]): SignalRecord {
  const fd = checked(libc.memfd_create(cstring("signals"), MFD_CLOEXEC), "memfd_create");
  checked(libc.ftruncate(fd, BigInt(PAGE)), "ftruncate", fd);
  const notes = libc.mmap(0n, BigInt(PAGE), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0n);
  if (notes === MAP_FAILED) throw failure("mmap");
  const code = Deno.UnsafePointer.value(loadCode(handlerCode(notes)));
  const action = new Uint8Array(SIZEOF_SIGACTION);
  const fields = new DataView(action.buffer);
  fields.setBigUint64(0, code, true);
  fields.setInt32(SA_FLAGS, SA_RESTART, true);
  const before = signals.map((signal) => {
    const old = new Uint8Array(SIZEOF_SIGACTION);
    checked(libc.sigaction(signalNumber(signal), action, old), "sigaction", signal);
    return [signal, old] as const;
  });
  const all = new Uint8Array(SIZEOF_SIGSET).fill(0xff);
  libc.pthread_sigmask(SIG_SETMASK, all, null);
  return {
    fd,
    end() {
      for (const [signal, old] of before) libc.sigaction(signalNumber(signal), old, null);
      // The two pages stay: another thread may be in the middle of the handler.
      letSignalsThrough();
    },
  };
}

/** The signals that were noted in a descriptor, which is closed then. */
export function recordedSignals(fd: Fd): SignalName[] {
  const notes = Deno.readFileSync(`/proc/self/fd/${fd}`);
  libc.close(fd);
  return [...notes.keys()].filter((number) => notes[number] === 1).map(signalName);
}

/** Lets this thread receive signals again: pthread_sigmask(3). */
export function letSignalsThrough(): void {
  libc.pthread_sigmask(SIG_SETMASK, new Uint8Array(SIZEOF_SIGSET), null);
}

/** `notes[signal] = 1`: mov rax, notes; mov byte [rax + rdi], 1; ret. The signal's number comes in edi, with zeros above. */
function handlerCode(notes: bigint): Uint8Array {
  const code = new Uint8Array([0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xc6, 0x04, 0x38, 1, 0xc3]);
  new DataView(code.buffer).setBigUint64(2, notes, true);
  return code;
}
