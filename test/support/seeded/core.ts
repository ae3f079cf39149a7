/**
 * What a fault has to get past: recordings of a real kernel in both orders, and machines on which everything happens at random. After each
 * operation the walker checks everything. Started with the engine's binary; says in one line of JSON how it was told.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { KsmError } from '../../../src/errors.ts';
import { createHost, type HostOptions } from '../../../src/index.ts';
import { checkTrace } from '../../../src/trace/index.ts';
import { BusyMachine } from '../busy.ts';
import { checkHost } from '../inside.ts';
import { PAGE } from '../page.ts';

/** The walker named a broken rule; an assertion of the engine did not hold, or it trapped; what processes see is not what it was. */
export type How = 'walker' | 'assertion' | 'trap' | 'result';

export interface Told {
  readonly how: How | 'nothing';
  readonly by: string;
  readonly what: string;
}

const FOLDER = 'test/recordings/golden';
const SEEDS = Array.from({ length: 16 }, (_, index) => index + 1);
const STEPS = 2000;

function howOf(error: unknown): How {
  if (error instanceof KsmError && error.code === 'ECORRUPT') return 'walker';
  if (error instanceof WebAssembly.RuntimeError) return /unreachable/.test(error.message) ? 'assertion' : 'trap';
  return 'result';
}

/** A part that is played, by name. It throws what it finds, or says what differs. */
type Part = readonly [name: string, play: () => Promise<string | undefined>];

function recordings(options: HostOptions): Part[] {
  const traces = readdirSync(FOLDER).filter((name) => name.endsWith('.trace.jsonl'));
  return traces.flatMap((name) =>
    (['content', 'hash'] as const).map((index): Part => {
      const host = { ...options, index, seed: 1 };
      const play = async (): Promise<string | undefined> => {
        const { difference } = await checkTrace(join(FOLDER, name), { host, invariants: true });
        return difference && JSON.stringify(difference).slice(0, 300);
      };
      return [`${name}, ${index} order`, play];
    }),
  );
}

function machines(options: HostOptions): Part[] {
  return SEEDS.map((seed): Part => {
    const index = seed % 2 === 0 ? 'hash' : 'content';
    const play = async (): Promise<undefined> => {
      const machine = await BusyMachine.create(seed, { ...options, index });
      for (let step = 0; step < STEPS; step++) {
        machine.step();
        checkHost(machine.host);
      }
    };
    return [`a busy machine, seed ${seed}`, play];
  });
}

/** Merges that fail half-way, because the other page is held: each leaves a node that nothing leads to. */
function failures(options: HostOptions): Part {
  const play = async (): Promise<undefined> => {
    const host = await createHost({ ...options, memory: '2M', pages: 1024, processes: 8, vmas: 64, seed: 1 });
    Object.assign(host.ksm.settings, { run: 1, smart_scan: false });
    const guest = host.spawn();
    guest.mmap(0, 2 * PAGE);
    guest.madvise(0, 2 * PAGE, 'MERGEABLE');
    guest.write(0, Uint8Array.of(7));
    for (let pass = 0; pass < 8; pass++) {
      if (pass === 3) {
        guest.pin(0); // it is in the unstable tree
        guest.write(PAGE, Uint8Array.of(7));
      }
      host.ksm.scan(2);
      checkHost(host);
    }
  };
  return ['merges that fail half-way', play];
}

/** The first finding of the walker, an assertion or a trap; without one the first result that is wrong; else nothing. */
async function tell(wasm: Uint8Array<ArrayBuffer>): Promise<Told> {
  let told: Told = { how: 'nothing', by: '', what: '' };
  for (const [by, play] of [...machines({ wasm }), failures({ wasm }), ...recordings({ wasm })]) {
    try {
      const what = await play();
      if (what !== undefined && told.how === 'nothing') told = { how: 'result', by, what };
    } catch (error) {
      const how = howOf(error);
      const what = (error instanceof Error ? error.message : String(error)).split('\n')[0] as string;
      if (how !== 'result') return { how, by, what };
      if (told.how === 'nothing') told = { how, by, what };
    }
  }
  return told;
}

console.log(JSON.stringify(await tell(new Uint8Array(readFileSync(process.argv[2] as string)))));
