/**
 * Whether a page looks like machine code, by counting instructions that compilers emit all the time.
 *
 * x86-64 has no alignment, so pairs of bytes are counted that start very common instructions: one pair in 4096 random
 * bytes is expected about 0.06 times, compiled code has one of these every twenty bytes or so. arm64 has aligned 4-byte
 * instructions, so those that belong to a short list of common classes are counted, returns and calls among them.
 */

/** First byte of a pair, and the second bytes that go with it (Intel SDM volume 2, opcode maps). */
const X86_PAIRS: readonly (readonly [number, readonly number[]])[] = [
  // REX.W and its siblings, then mov, lea, add, sub, test, cmp, and the immediate group.
  [0x48, [0x8b, 0x89, 0x8d, 0x01, 0x29, 0x85, 0x39, 0x3b, 0x83, 0x81, 0xc7]],
  [0x49, [0x8b, 0x89, 0x8d, 0x83]],
  [0x4c, [0x8b, 0x89, 0x8d]],
  [0x4d, [0x8b, 0x89, 0x8d, 0x85]],
  // Push and pop of r8 to r15.
  [0x41, [0x54, 0x55, 0x56, 0x57, 0x5c, 0x5d, 0x5e, 0x5f]],
  // Conditional jumps, zero extension, long nop.
  [0x0f, [0x84, 0x85, 0x86, 0x87, 0x8c, 0x8d, 0x8e, 0x8f, 0xb6, 0xb7, 0x1f]],
  // xor of a register with itself.
  [0x31, [0xc0, 0xc9, 0xd2, 0xdb, 0xed, 0xf6, 0xff]],
];

const X86_SECOND: ReadonlyMap<number, ReadonlySet<number>> = new Map(
  X86_PAIRS.map(([first, second]) => [first, new Set(second)]),
);

/** [mask, value] of arm64 instruction classes (Arm ARM, A64 encodings). */
const ARM64_CLASSES: readonly (readonly [number, number])[] = [
  [0x1f000000, 0x10000000], // adr, adrp
  [0x1f800000, 0x11000000], // add, sub with an immediate
  [0x1f800000, 0x12000000], // logic with an immediate
  [0x1f800000, 0x12800000], // movn, movz, movk
  [0x1f800000, 0x13000000], // bit field moves
  [0x1f200000, 0x0b000000], // add, sub of registers
  [0x1f000000, 0x0a000000], // logic of registers, mov
  [0x7c000000, 0x14000000], // b, bl
  [0x7e000000, 0x34000000], // cbz, cbnz
  [0x7e000000, 0x36000000], // tbz, tbnz
  [0xff000010, 0x54000000], // b.cond
  [0x3e000000, 0x28000000], // ldp, stp
  [0x3b000000, 0x39000000], // ldr, str with an unsigned offset
  [0x3b000000, 0x38000000], // ldr, str, other offsets
];
const ARM64_RET = 0xd65f03c0;
const ARM64_BL_MASK = 0xfc000000;
const ARM64_BL = 0x94000000;

/** Name of the machine whose code this page seems to hold, undefined if it does not look like code. */
export function codeMachine(page: Uint8Array): 'x86-64' | 'arm64' | undefined {
  if (isArm64(page)) return 'arm64';
  return isX86(page) ? 'x86-64' : undefined;
}

/** One common pair in every 64 bytes: forty times what random bytes have. */
function isX86(page: Uint8Array): boolean {
  let pairs = 0;
  for (let i = 0; i + 1 < page.length; i++) {
    if (X86_SECOND.get(page[i] ?? 0)?.has(page[i + 1] ?? 0)) pairs++;
  }
  return pairs >= page.length / 64;
}

/** Three words in four are of a common class, not one and the same word, with calls or returns between them. */
function isArm64(page: Uint8Array): boolean {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const words = page.length >> 2;
  const distinct = new Set<number>();
  let common = 0;
  let branches = 0;
  for (let i = 0; i < words; i++) {
    const word = view.getUint32(i * 4, true);
    distinct.add(word);
    if (ARM64_CLASSES.some(([mask, value]) => (word & mask) >>> 0 === value)) common++;
    if (word === ARM64_RET || (word & ARM64_BL_MASK) >>> 0 === ARM64_BL) branches++;
  }
  return common >= words * 0.75 && branches >= words / 128 && distinct.size >= words / 4;
}
