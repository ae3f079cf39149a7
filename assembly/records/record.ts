/**
 * Records are views: a variable of such a class is an address, a field of it a load or a store at a constant offset, and nothing is ever
 * allocated for one. Address 0 is no record: `if (vma)` asks for one, and none<Vma>() is none.
 */
export function none<Record>(): Record {
  return changetype<Record>(0);
}

/** The record at `address`. */
export function recordAt<Record>(address: usize): Record {
  return changetype<Record>(address);
}

export function addressOf<Record>(record: Record): u32 {
  return <u32>changetype<usize>(record);
}
