// Compiles src/image/present.c into the optional packages in packages/, static, so that one program runs on any Linux of its machine.
//
//   node scripts/present.mjs [x64|arm64…]      default: what this machine is
//
// The compiler is cc for this machine, and the cross compiler of Debian's package gcc-aarch64-linux-gnu or gcc-x86-64-linux-gnu for the
// other. Exit code 1: it could not be compiled; the compiler has said why. Nothing is published.

import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const inRepository = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const CROSS = { x64: 'x86_64-linux-gnu-gcc', arm64: 'aarch64-linux-gnu-gcc' };

for (const machine of process.argv.length > 2 ? process.argv.slice(2) : [process.arch]) {
  const cross = CROSS[machine];
  if (cross === undefined) {
    console.error(`present: there is no package for "${machine}"; there are ${Object.keys(CROSS).join(', ')}`);
    process.exit(2);
  }
  const compiler = machine === process.arch ? (process.env.CC ?? 'cc') : cross;
  const program = inRepository(`packages/present-linux-${machine}/present`);
  const words = ['-O2', '-static', '-s', '-o', program, inRepository('src/image/present.c')];
  const { status, error } = spawnSync(compiler, words, { stdio: 'inherit' });
  if (error !== undefined) console.error(`present: ${compiler}: ${error.message}`);
  if (status === 0) console.log(`built ${program}`);
  else process.exitCode = 1;
}
