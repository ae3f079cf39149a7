/**
 * Writes to /sys/kernel/mm/ksm of a host with merged pages: `FILE=VALUE;FILE=VALUE`, and `scan` for a batch of ksmd.
 *
 * Each write is judged by rules made from the kernel's documentation of kstrtoull and its family, apart from those of
 * src/ksm. A write that is refused changes nothing, not a byte of the whole memory. EBUSY is the exception, as in
 * Linux: looking whether anything is merged clears stable nodes away that have lost their pages.
 */
import { KsmError } from '../../../../src/errors.ts';
import { type AddressSpace, createHost, type Host } from '../../../../src/index.ts';
import { COUNTERS, SETTINGS } from '../../../../src/ksm/index.ts';
import { checkHost, engineOf } from '../../../support/inside.ts';
import { PAGE } from '../../../support/page.ts';
import { attempt, expectThat } from '../contract.ts';
import { textOf } from '../target.ts';

export const name = 'settings';

export const words: readonly string[] = [
  ...[...SETTINGS, ...COUNTERS].map((file) => `${file}=`),
  ...['scan', ';', '\n', '\0', 'on', 'off', 'none', 'scan-time', 'yes', 'enabled', '=1;', '=2\n;', '=+1', '=-1'],
];

/** Of one input: each is compared with all of the memory. */
const MOST_WRITES = 24;
const CODES = ['EINVAL', 'ERANGE', 'EBUSY', 'ENOMEM', 'EACCES', 'ENOENT'] as const;
const CONTENTS = [1, 1, 1, 2, 2, 3, 4, 0];

/** A host whose pages are merged already. */
async function merged(): Promise<Host> {
  const host = await createHost({ memory: '1M', pages: 1024, processes: 4, vmas: 16, nodes: 2, seed: 1 });
  fill(host.spawn());
  fill(host.spawn({ node: 1 }));
  Object.assign(host.ksm.settings, { run: 1, smart_scan: false });
  for (let pass = 0; pass < 3; pass++) host.ksm.scan(64, { now: pass });
  return host;
}

function fill(space: AddressSpace): void {
  const base = space.mmap(PAGE, CONTENTS.length * PAGE);
  space.madvise(base, CONTENTS.length * PAGE, 'MERGEABLE');
  for (const [at, content] of CONTENTS.entries()) space.write(base + at * PAGE, new Uint8Array(PAGE).fill(content));
}

/** What a file reads as once it has taken a text, or with what it refuses it. */
type Verdict = { readonly reads: string } | 'EINVAL' | 'ERANGE';

/** What a number parser of the kernel makes of a text: `bits` of magnitude, negative where `signed`. */
function number(text: string, bits: number, signed: boolean): bigint | 'EINVAL' | 'ERANGE' {
  const [line = ''] = text.split('\0');
  const [, sign = '', digits, rest] = /^([+-]?)([0-9]+)(.*)$/s.exec(line) ?? [];
  if (digits === undefined || (sign === '-' && !signed)) return 'EINVAL';
  const magnitude = BigInt(digits);
  if (magnitude >= 1n << 64n) return 'ERANGE';
  if (rest !== '' && rest !== '\n') return 'EINVAL';
  const most = (1n << BigInt(bits)) - 1n;
  if (sign === '-') return magnitude > most + 1n ? 'ERANGE' : -magnitude;
  return magnitude > most ? 'ERANGE' : magnitude;
}

interface Range {
  readonly bits: number;
  readonly least?: bigint;
  readonly most?: bigint;
  readonly signed?: boolean;
  /** ERANGE reaches the writer. */
  readonly tells?: boolean;
  /** Bits that are kept. */
  readonly kept?: number;
}

const RANGES: Readonly<Record<string, Range>> = {
  run: { bits: 32, most: 2n },
  pages_to_scan: { bits: 32 },
  sleep_millisecs: { bits: 32 },
  stable_node_chains_prune_millisecs: { bits: 32 },
  merge_across_nodes: { bits: 64, most: 1n, tells: true },
  max_page_sharing: { bits: 31, least: 2n, signed: true, tells: true },
  advisor_max_cpu: { bits: 64, kept: 32 },
  advisor_min_pages_to_scan: { bits: 64 },
  advisor_max_pages_to_scan: { bits: 64 },
  advisor_target_scan_time: { bits: 64, least: 1n },
};

function judgeNumber(text: string, range: Range): Verdict {
  const value = number(text, range.bits, range.signed === true);
  if (typeof value !== 'bigint') return range.tells === true ? value : 'EINVAL';
  if (value < (range.least ?? 0n) || value > (range.most ?? value)) return 'EINVAL';
  return { reads: `${BigInt.asUintN(range.kept ?? 64, value)}` };
}

/** kstrtobool looks at one character, or at two after an o. */
function judgeSwitch(text: string): Verdict {
  const [first = '', second = ''] = text.toLowerCase();
  const word = first === 'o' ? first + second : first;
  if (['1', 'y', 't', 'e', 'on'].includes(word)) return { reads: '1' };
  return ['0', 'n', 'f', 'd', 'of'].includes(word) ? { reads: '0' } : 'EINVAL';
}

function judgeMode(text: string): Verdict {
  const word = text.split('\0')[0]?.replace(/\n$/, '');
  if (word === 'none') return { reads: '[none] scan-time' };
  return word === 'scan-time' ? { reads: 'none [scan-time]' } : 'EINVAL';
}

function judge(file: string, text: string): Verdict {
  const range = RANGES[file];
  if (range !== undefined) return judgeNumber(text, range);
  return file === 'advisor_mode' ? judgeMode(text) : judgeSwitch(text);
}

function settings(host: Host): string[] {
  return SETTINGS.map((file) => host.ksm.read(file));
}

/** Codes with which a value that can be read is refused all the same. */
function hindrances(host: Host, file: string): string[] {
  if (file === 'max_page_sharing' || file === 'merge_across_nodes') return ['EBUSY'];
  if (file === 'run') return ['ENOMEM'];
  return file === 'pages_to_scan' && host.ksm.read('advisor_mode').includes('[scan-time]') ? ['EINVAL'] : [];
}

/** Codes with which a write may be refused; none where it must be accepted. */
function refusals(host: Host, file: string, text: string): string[] {
  if ((COUNTERS as readonly string[]).includes(file)) return ['EACCES'];
  if (!(SETTINGS as readonly string[]).includes(file)) return ['ENOENT'];
  const verdict = judge(file, text);
  if (text === '') return [];
  return [...(typeof verdict === 'string' ? [verdict] : []), ...hindrances(host, file)];
}

function write(host: Host, file: string, text: string): void {
  const [before, memory] = [settings(host), Buffer.from(engineOf(host).bytes)];
  const [allowed, said] = [refusals(host, file, text), `${file}=${JSON.stringify(text)}`];
  const answer = attempt(() => host.ksm.write(file, text), CODES, file + text);
  if (!(answer instanceof KsmError)) {
    checkAccepted(host, file, text, said);
    return;
  }
  const { code } = answer;
  expectThat(allowed.includes(code), () => `${said} is refused with ${code}, expected ${allowed}`);
  if (code === 'ENOMEM') return;
  expectThat(String(settings(host)) === String(before), () => `${said} is refused and changes a setting`);
  if (code === 'EBUSY') return;
  expectThat(memory.equals(engineOf(host).bytes), () => `${said} is refused and changes memory`);
}

function checkAccepted(host: Host, file: string, text: string, said: string): void {
  const known = (SETTINGS as readonly string[]).includes(file);
  const verdict = known ? judge(file, text) : 'ENOENT';
  // The kernel answers a write of nothing without asking the file.
  if (known && text === '') return;
  expectThat(typeof verdict !== 'string', () => `${said} is accepted, expected ${verdict}`);
  const reads = host.ksm.read(file);
  expectThat(reads === `${verdict.reads}\n`, () => `${said} reads as ${reads}, expected ${verdict.reads}`);
}

export async function run(bytes: Uint8Array): Promise<void> {
  using host = await merged();
  for (const [step, entry] of textOf(bytes).split(';').slice(0, MOST_WRITES).entries()) {
    const at = entry.indexOf('=');
    if (at >= 0) write(host, entry.slice(0, at), entry.slice(at + 1));
    else if (host.ksm.settings.run === 1) host.ksm.scan(64, { now: step * 1000 });
    checkHost(host);
  }
}
