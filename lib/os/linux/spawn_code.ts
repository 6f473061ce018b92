/** The machine code by which a new process goes through its table: see spawn_engine.ts, and spawn_table.ts for the layout. */

/** `int code(struct clone_args *, size_t, struct table *)`: the pid, or the negative errno of clone3(2). */
// deno-fmt-ignore
export const SPAWN_CODE = [
  0xf3, 0x0f, 0x1e, 0xfa,       //        endbr64
  0xb8, 0xb3, 0x01, 0, 0,       //        mov eax, 435: clone3; its arguments are our first two
  0x0f, 0x05,                   //        syscall
  0x85, 0xc0,                   //        test eax, eax
  0x74, 0x01,                   //        je child
  0xc3,                         //        ret: only the parent does
  0x48, 0x89, 0xd5,             // child: mov rbp, rdx: the head of the table
  0x48, 0x8d, 0x5a, 0x10,       //        lea rbx, [rdx + 16]: its first step
  0x48, 0x8b, 0x03,             // step:  mov rax, [rbx]: the number of the call
  0x48, 0x8b, 0x7b, 0x08,       //        mov rdi, [rbx + 8]: its arguments
  0x48, 0x8b, 0x73, 0x10,       //        mov rsi, [rbx + 16]
  0x48, 0x8b, 0x53, 0x18,       //        mov rdx, [rbx + 24]
  0x4c, 0x8b, 0x53, 0x20,       //        mov r10, [rbx + 32]
  0x4c, 0x8b, 0x43, 0x28,       //        mov r8, [rbx + 40]
  0x4c, 0x8b, 0x4b, 0x30,       //        mov r9, [rbx + 48]
  0x0f, 0x05,                   //        syscall
  0x48, 0x85, 0xc0,             //        test rax, rax
  0x79, 0x1a,                   //        jns done
  0x83, 0x7b, 0x3c, 0,          //        cmp dword [rbx + 60], 0: does it matter?
  0x75, 0x1c,                   //        jne next
  0x48, 0x89, 0x5d, 0,          //        mov [rbp], rbx: which step has failed
  0x48, 0x89, 0x45, 0x08,       //        mov [rbp + 8], rax: and why
  0xbf, 0x7f, 0, 0, 0,          //        mov edi, 127
  0xb8, 0x3c, 0, 0, 0,          //        mov eax, 60: exit
  0x0f, 0x05,                   //        syscall
  0x48, 0x63, 0x4b, 0x38,       // done:  movsxd rcx, dword [rbx + 56]: how far away the result is wanted
  0x48, 0x89, 0x04, 0x0b,       //        mov [rbx + rcx], rax
  0x48, 0x83, 0xc3, 0x40,       // next:  add rbx, 64
  0xeb, 0xb6,                   //        jmp step
];
