/** Counters and settings: words of the header, named by their addresses (layout/counters, layout/settings). */

/** Adds `change` to a counter of what there is, which has 32 bits. */
export function count(counter: usize, change: i32): void {
  store<i32>(counter, load<i32>(counter) + change);
  if (!ASC_NO_ASSERT) assert(load<i32>(counter) >= 0);
}

/** Adds to a counter of what has happened, which has 64. */
export function countWide(counter: usize, change: i64): void {
  store<i64>(counter, load<i64>(counter) + change);
}

/** What a counter is at, modulo 2^32. */
export function counted(counter: usize): u32 {
  return load<u32>(counter);
}

export function setting(word: usize): u32 {
  return load<u32>(word);
}
