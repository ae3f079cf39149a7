/**
 * A rival, started as a program: xxhash-wasm's XXH64 of every page in a Map, verified: one copy of each content is kept, and what is
 * found by its hash is compared. Prints how many pages are copies.
 */

import createXxhash from 'xxhash-wasm';
import { readPages } from './read.ts';

const { h64Raw } = await createXxhash();
const seen = new Map<bigint, Buffer[]>();
let copies = 0;
readPages(process.argv.slice(2), (page) => {
  const hash = h64Raw(page);
  const known = seen.get(hash);
  if (known === undefined) seen.set(hash, [Buffer.from(page)]);
  else if (known.some((content) => content.equals(page))) copies++;
  else known.push(Buffer.from(page));
});
console.log(copies);
