/** One scan of bench sizes, in the process that it is measured by: GiB and the budget in bytes come as arguments, JSON goes to stdout. */

import { readFileSync } from 'node:fs';
import type { Host } from '../../src/index.ts';
import { figuresOf } from '../../src/report/index.ts';
import { scan, Watch } from '../../src/scan/index.ts';
import { guests } from '../generated.ts';
import { peakMibIn } from '../job/measure.ts';

const GUEST_PAGES = 2 ** 18;

const [gib = 1, budget = 0] = process.argv.slice(2).map(Number);
const options = {
  engine: 'names',
  passes: undefined,
  trustHash: false,
  memory: budget > 0 ? budget : undefined,
  seed: gib, // samples of different sizes are different ones
  prepare: ({ ksm }: Host): void => {
    ksm.write('run', '1');
    ksm.write('smart_scan', '0');
  },
} as const;
const [start, before] = [performance.now(), process.cpuUsage()];
const scanned = await scan(
  guests(gib, GUEST_PAGES),
  options,
  new Watch({ show: () => {} }, new AbortController().signal),
);
using engines = scanned.engines;
const { sysfs, sample } = figuresOf(scanned);
const { user, system } = process.cpuUsage(before);
const pages = scanned.pages.reduce((total, some) => total + some, 0);
console.log(
  JSON.stringify({
    pages,
    wallSeconds: (performance.now() - start) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakMib: peakMibIn(readFileSync('/proc/self/status', 'utf8')),
    metadata: engines.metadataBytes / (sample?.pages ?? pages),
    savedBytes: (sysfs.pages_sharing + sysfs.ksm_zero_pages) * 4096,
    share: sample?.share ?? 1,
    bounds: sample?.intervals.saved_bytes ?? null,
  }),
);
