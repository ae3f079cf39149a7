/**
 * An emulator that keeps its guests' RAM itself and has the engine find out which pages are the same, by names of their contents.
 *
 * A machine's page is a view of some 4096 bytes. Pages that the engine has merged are views of the same bytes, which nobody may write: a
 * store there is the emulator's own fault. It says so to the engine (willWrite), and gives the page bytes of its own. What was written is
 * reported before the next scan, as from a dirty log.
 *
 *     npm run build && node examples/emulator-names.js
 */
import assert from 'node:assert/strict';
import { createContents, createHost } from 'ksm-wasm';

const PAGE = 4096;
const MACHINES = 2;
const RAM = 256; // pages of one machine

const host = await createHost({ memory: '4M', page: 'names', pages: 4096, processes: 16, vmas: 64, seed: 1 });
const machines = Array.from({ length: MACHINES }, () => {
  const space = host.spawn();
  space.mmap(0, RAM * PAGE);
  space.madvise(0, RAM * PAGE, 'MERGEABLE');
  return { space, pages: Array.from({ length: RAM }, () => new Uint8Array(PAGE)), shared: new Set(), dirty: new Set() };
});
const machineOf = (space) => machines.find((machine) => machine.space === space);
const contents = await createContents({ host, read: (space, address) => machineOf(space).pages[address / PAGE] });
let faults = 0;

function store(machine, address, byte) {
  const page = Math.floor(address / PAGE);
  if (machine.shared.delete(page)) {
    contents.willWrite(machine.space, address);
    machine.pages[page] = machine.pages[page].slice();
    faults++;
  }
  machine.pages[page][address % PAGE] = byte;
  machine.dirty.add(page);
}

/** Reports what was written, scans, asks which pages are the same, and has them share their bytes. */
function mergePages() {
  for (const { space, dirty } of machines) {
    for (const page of dirty) contents.update(space, page * PAGE);
    dirty.clear();
  }
  contents.flush();
  for (let pass = 0; pass < 3; ) if (host.ksm.scan(1000, { now: 0 }).passEnded) pass++;
  for (const { pages } of contents.groups()) {
    const [{ process, address }] = pages;
    const bytes = machineOf(process).pages[address / PAGE];
    for (const each of pages) {
      const machine = machineOf(each.process);
      machine.pages[each.address / PAGE] = bytes;
      machine.shared.add(each.address / PAGE);
    }
  }
}

// both machines load the same program of 200 pages, then each fills the rest with data of its own
for (const [own, machine] of machines.entries()) {
  for (let page = 0; page < RAM; page++) store(machine, page * PAGE, page % 200);
  for (let page = 0; page < RAM; page++) store(machine, page * PAGE + 1, page < 200 ? 255 : page - 200 + 100 * own);
}
host.ksm.settings.run = 1;
mergePages();
const kept = new Set(machines.flatMap(({ pages }) => pages)).size;

// one machine patches ten pages of its program: the other must not see it
const [patched, other] = machines;
for (let page = 0; page < 10; page++) store(patched, page * PAGE + 1, 77);
mergePages();
for (let page = 0; page < 10; page++) assert.equal(other.pages[page][1], 255);
const { pages_shared, pages_sharing } = host.ksm.counters();
console.log(`${MACHINES} machines of ${RAM} pages: ${kept} pages of bytes after merging`);
console.log(
  `${faults} stores to merged pages faulted; then ${pages_shared} frames shared, ${pages_sharing} more pages on them`,
);
await host.check();
