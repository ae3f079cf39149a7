/** A rival, started as a program: hash-wasm's XXH3 of every page in a Map, trusted. Prints how many pages are copies. */

import { createXXHash3 } from 'hash-wasm';
import { readPages } from './read.ts';

const hasher = await createXXHash3();
const seen = new Map<string, number>();
let copies = 0;
readPages(process.argv.slice(2), (page) => {
  const name = hasher.init().update(page).digest('hex');
  const times = seen.get(name) ?? 0;
  if (times > 0) copies++;
  seen.set(name, times + 1);
});
console.log(copies);
