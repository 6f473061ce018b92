/**
 * Where an ELF file ends by its own account: behind its section header table
 * (elf(5): `e_shoff + e_shentsize * e_shnum`). `deno compile` appends the
 * embedded program there, so that cutting here gives its runtime back.
 *
 * @param bytes A whole file, or its first 64 bytes.
 * @returns The length in bytes; null if it is not a little-endian 64-bit ELF file for x86-64.
 */
export function elfLength(bytes: Uint8Array): number | null {
  if (bytes.length < 64) return null;
  const header = new DataView(bytes.buffer, bytes.byteOffset, 64);
  const [magic, elfClass, data] = [header.getUint32(0), header.getUint8(4), header.getUint8(5)];
  const machine = header.getUint16(18, true);
  if (magic !== 0x7f454c46 || elfClass !== 2 || data !== 1 || machine !== 62) return null;
  return Number(header.getBigUint64(40, true)) + header.getUint16(58, true) * header.getUint16(60, true);
}
