/**
 * What the library does on a run time without a browser: merging, copy on write, scanners, ksmd and guests in threads, a snapshot to a
 * file and back, an error with its code. It prints what came of it; the numbers follow from what it writes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost, restoreHost, saveSnapshot } from 'ksm-wasm';

const PAGE = 4096;
const PAGES = 200;
const CONTENTS = 5;

const warnings = [];
const onWarning = ({ message }) => warnings.push(message);
const host = await createHost({ memory: '32M', seed: 1, scanners: 2, onWarning });
const scanning = host.scanners.running;
const guests = [host.spawn(), host.spawn()];
for (const guest of guests) {
  guest.mmap(0, PAGES * PAGE);
  guest.madvise(0, PAGES * PAGE, 'MERGEABLE');
  for (let page = 0; page < PAGES; page++) {
    guest.write(page * PAGE, new Uint8Array(PAGE).fill(1 + (page % CONTENTS)));
  }
}
Object.assign(host.ksm.settings, { run: 1, sleep_millisecs: 0, smart_scan: false });
host.ksm.scan(100); // with the helper
await host.ksmd.start({ scanners: 2 });
const beside = host.ksmd.scanners;
const until = host.ksm.counters().full_scans + 3;
for await (const { counters } of host.ksmd) if (counters.full_scans >= until) break;
await host.ksmd.stop();
const { pages_shared, pages_sharing } = host.ksm.counters();
guests[0].write(0, Uint8Array.of(99));
const bytes = [...guests[0].read(0, 2), ...guests[1].read(0, 2)];
await host.check();

const folder = mkdtempSync(join(tmpdir(), 'ksm-smoke-'));
let restored;
try {
  const file = join(folder, 'host.snapshot');
  await saveSnapshot(host, file);
  const other = await restoreHost(file, { scanners: 2, onWarning });
  const isSame = JSON.stringify(other.ksm.counters()) === JSON.stringify(host.ksm.counters());
  restored = [other.scanners.running, isSame, ...other.processes[0].read(0, 2)];
  other[Symbol.dispose]();
} finally {
  rmSync(folder, { recursive: true });
}

let code;
try {
  guests[0].write(PAGES * PAGE, Uint8Array.of(1));
} catch (error) {
  code = error.code;
}
await host.scanners.stop();
host[Symbol.dispose]();
console.log(JSON.stringify({ warnings, scanning, beside, pages_shared, pages_sharing, bytes, restored, code }));
