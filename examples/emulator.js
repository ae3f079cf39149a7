/**
 * An emulator with page tables of its own, which only asks which pages are the same.
 *
 * Two machines' RAM lies in the engine's memory, all of it in one process. The emulator's own tables say for each page where its
 * frame is and whether a store may go there; loads and stores use them and the memory directly, without a call. After each scan it asks for
 * the groups of equal pages (host.ksm.shared) and maps them itself: same frame, read-only. A store to such a page is the emulator's
 * own fault: the engine gives the page a frame of its own, and the emulator maps that.
 *
 *     npm run build && node examples/emulator.js
 */
import assert from 'node:assert/strict';
import { createHost } from 'ksm-wasm';

const PAGE = 4096;
const MACHINES = 2;
/** Pages of one machine's RAM. */
const RAM = 256;

/** Entries of the emulator's tables: address of the frame in the memory, and this bit. */
const WRITABLE = 1;

const host = await createHost({ memory: '16M', seed: 1 });
const bytes = new Uint8Array(host.memory.buffer);
const ram = host.spawn();
ram.mmap(0, MACHINES * RAM * PAGE);
ram.madvise(0, MACHINES * RAM * PAGE, 'MERGEABLE');
const tables = Array.from({ length: MACHINES }, () => new Uint32Array(RAM));
let faults = 0;

/** Where the engine has a page of a machine's RAM. */
const inRam = (machine, page) => (machine * RAM + page) * PAGE;

/** The emulator's fault handler: a frame that only this page uses. */
function fault(machine, page) {
  const address = inRam(machine, page);
  ram.write(address, ram.read(address, 1));
  tables[machine][page] = host.addressOf(ram.frameOf(address)) + WRITABLE;
  faults++;
}

function store(machine, address, byte) {
  const page = Math.floor(address / PAGE);
  if ((tables[machine][page] & WRITABLE) === 0) fault(machine, page);
  bytes[tables[machine][page] - WRITABLE + (address % PAGE)] = byte;
}

function load(machine, address) {
  const entry = tables[machine][Math.floor(address / PAGE)];
  const frame = entry - (entry % PAGE);
  return frame === 0 ? 0 : bytes[frame + (address % PAGE)];
}

/** Scans, asks which pages are the same, and maps them. Returns the number of groups. */
function mergePages() {
  for (let pass = 0; pass < 3; ) {
    const { passEnded, idle } = host.ksm.scan(1000, { now: 0 });
    if (idle) break; // nothing is mergeable, so no pass will ever end
    if (passEnded) pass++;
  }
  const groups = host.ksm.shared();
  for (const { frame, pages } of groups) {
    for (const { address } of pages) {
      const page = address / PAGE;
      tables[Math.floor(page / RAM)][page % RAM] = host.addressOf(frame);
    }
  }
  return groups.length;
}

const framesMapped = () => new Set(tables.flatMap((table) => [...table].map((entry) => entry - (entry % PAGE)))).size;

// both machines load the same program of 200 pages, then each fills the rest with data of its own
const expected = tables.map(() => new Uint8Array(RAM * PAGE));
function run(machine, address, byte) {
  store(machine, address, byte);
  expected[machine][address] = byte;
}
for (let machine = 0; machine < MACHINES; machine++) {
  for (let page = 0; page < RAM; page++) {
    const own = page < 200 ? 0 : 1 + machine;
    for (let word = 0; word < PAGE; word += 64) run(machine, page * PAGE + word, 1 + ((page + own * 100 + word) % 255));
    run(machine, page * PAGE + 1, page);
    run(machine, page * PAGE + 2, own);
  }
}
host.ksm.settings.run = 1;
const before = framesMapped();
const groups = mergePages();
const after = framesMapped();

// one machine patches ten pages of its program: the other must not see it
const faultsBefore = faults;
for (let page = 0; page < 10; page++) run(0, page * PAGE + 128, 77);
const patched = faults - faultsBefore;

for (let machine = 0; machine < MACHINES; machine++) {
  for (let address = 0; address < RAM * PAGE; address++) {
    if (load(machine, address) !== expected[machine][address]) assert.fail(`machine ${machine}, address ${address}`);
  }
}
console.log(
  `${MACHINES} machines of ${RAM} pages: ${before} frames mapped, ${groups} groups of equal pages, then ${after} frames`,
);
console.log(`${patched} stores to merged pages faulted; every byte of both machines is right`);
assert.equal(before, MACHINES * RAM);
assert.equal(groups, 200);
assert.equal(after, before - 200);
assert.equal(patched, 10);
await host.check();
