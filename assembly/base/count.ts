/** Counters and settings: words of the header, named by their addresses (layout/header). */

/** Adds `change` to a u32 counter. */
export function count(counter: usize, change: i32): void {
  store<i32>(counter, load<i32>(counter) + change);
}

/** Adds to a u64 counter. */
export function countWide(counter: usize, change: i64): void {
  store<i64>(counter, load<i64>(counter) + change);
}

/** What a u32 counter, or the lower half of a u64 one, is at. */
export function counted(counter: usize): u32 {
  return load<u32>(counter);
}

export function setting(word: usize): u32 {
  return load<u32>(word);
}
