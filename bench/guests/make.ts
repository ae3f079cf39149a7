/**
 * npm run guests: boots small Linux guests under QEMU and keeps their physical memory, one raw image a guest, for `npm run bench -- job`.
 *
 * Everything comes from Debian's packages, which are downloaded and unpacked, not installed (packages.ts).
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { wholeNumber } from '../arguments.ts';
import { commonPart, ownPart } from './initramfs.ts';
import { toolsIn } from './packages.ts';
import { bootAndDump } from './qemu.ts';

const USAGE = `usage: npm run guests [-- [--count N] [--mib N] [--out DIR] [--seed N]]

  --count N   guests; default 4
  --mib N     memory of each, in MiB; default 192, at least 160
  --out DIR   where guest-1.img and so on are written; default build/guests
  --seed N    of their data and of the kernels' chance; default 1

Needs apt-get and dpkg-deb. The packages go to build/debian, and nothing is installed.`;

const TOOLS = 'build/debian';

interface Command {
  readonly count: number;
  readonly mib: number;
  readonly out: string;
  readonly seed: number;
}

/** What the arguments ask for; throws an Error that says what is wrong. */
function parse(args: readonly string[]): Command {
  const { values } = parseArgs({
    args: [...args],
    options: {
      count: { type: 'string', default: '4' },
      mib: { type: 'string', default: '192' },
      out: { type: 'string', default: 'build/guests' },
      seed: { type: 'string', default: '1' },
    },
  });
  return {
    count: wholeNumber('--count', values.count, 1, 64),
    mib: wholeNumber('--mib', values.mib, 160, 2048),
    out: values.out,
    seed: wholeNumber('--seed', values.seed, 1, 2 ** 24),
  };
}

async function make({ count, mib, out, seed }: Command): Promise<void> {
  const tools = toolsIn(TOOLS);
  const common = commonPart(tools);
  const folder = mkdtempSync(join(tmpdir(), 'guests-'));
  try {
    mkdirSync(out, { recursive: true });
    for (let number = 0; number < count; number++) {
      const image = join(out, `guest-${number + 1}.img`);
      const initramfs = join(folder, 'initramfs');
      writeFileSync(initramfs, Buffer.concat([common, ownPart(number, seed)]));
      await bootAndDump(tools, { initramfs, mib, seed: seed * 64 + number, image });
      console.log(`${image}: ${mib} MiB`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

let command: Command | undefined;
try {
  command = parse(process.argv.slice(2));
} catch (error) {
  console.error(`guests: ${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 2;
}
try {
  if (command !== undefined) await make(command);
} catch (error) {
  console.error(`guests: ${(error as Error).message}`);
  process.exitCode = 1;
}
