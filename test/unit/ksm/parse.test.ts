/**
 * The parsers against what a running Linux kernel did with the same texts (kernel-parse.json, made by
 * scripts/record-parse.py). The table below says how each file of /sys/kernel/mm/ksm uses a parser: section 5 of the
 * specification.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { KsmError } from '../../../src/errors.ts';
import { createHost, type Host } from '../../../src/index.ts';
import { type Parsed, parseBool, parseInteger, parseUnsigned, parseWord } from '../../../src/ksm/parse.ts';

interface KernelTable {
  read_only: Record<string, string>;
  files: Record<string, { baseline: string; rows: [input: string, outcome: string, value: string][] }>;
}

const kernel = JSON.parse(readFileSync(new URL('kernel-parse.json', import.meta.url), 'utf8')) as KernelTable;

type Reading = Parsed<bigint | number | boolean | string>;

function hideRange(value: Reading): Reading {
  return value === 'ERANGE' ? 'EINVAL' : value;
}

function within(value: Reading, least: bigint, most: bigint): Reading {
  const outside = typeof value === 'bigint' && (value < least || value > most);
  return outside ? 'EINVAL' : value;
}

const MAX64 = 2n ** 64n - 1n;
const u32 = (text: string): Reading => hideRange(parseUnsigned(text, 32));
const u64 = (text: string): Reading => hideRange(parseUnsigned(text, 64));

/** What each file makes of a text. */
const FILES: Record<string, (text: string) => Reading> = {
  run: (text) => within(u32(text), 0n, 2n),
  sleep_millisecs: u32,
  pages_to_scan: u32,
  merge_across_nodes: (text) => within(parseUnsigned(text, 64), 0n, 1n),
  max_page_sharing: (text) => {
    const value = parseInteger(text);
    return typeof value === 'number' && value < 2 ? 'EINVAL' : value;
  },
  use_zero_pages: parseBool,
  smart_scan: parseBool,
  stable_node_chains_prune_millisecs: u32,
  advisor_mode: (text) => parseWord(text, ['none', 'scan-time']),
  advisor_max_cpu: (text) => {
    const value = u64(text);
    return typeof value === 'bigint' ? BigInt.asUintN(32, value) : value;
  },
  advisor_min_pages_to_scan: u64,
  advisor_max_pages_to_scan: u64,
  advisor_target_scan_time: (text) => within(u64(text), 1n, MAX64),
};

/** What reading the file gives once `value` was accepted. */
function shown(value: Reading): string {
  if (value === 'none') return '[none] scan-time\n';
  if (value === 'scan-time') return 'none [scan-time]\n';
  return `${typeof value === 'boolean' ? Number(value) : value}\n`;
}

test('the kernel was asked about every file of the table, and about no other', () => {
  expect(Object.keys(kernel.files).sort()).toEqual(Object.keys(FILES).sort());
});

describe.each(Object.entries(FILES))('%s', (file, parse) => {
  const rows = kernel.files[file]?.rows ?? [];

  test('accepts and refuses what the kernel does, with its values', () => {
    const asked = rows.filter(([input]) => input !== '');
    expect(asked.length).toBeGreaterThan(100);
    const ours = asked.map(([input, , unchanged]) => {
      const value = parse(input);
      return value === 'EINVAL' || value === 'ERANGE' ? [input, value, unchanged] : [input, 'ok', shown(value)];
    });
    expect(ours).toEqual(asked);
  });

  test('a write of no bytes succeeds in the kernel and changes nothing', () => {
    const baseline = kernel.files[file]?.baseline ?? '';
    const [, outcome, value] = rows.find(([input]) => input === '') ?? [];
    expect([outcome, value]).toEqual(['ok', shown(baseline)]);
  });
});

describe('the files of a host do what the kernel’s did', () => {
  /** Gives every file its baseline, the advisor first: it sets pages_to_scan. */
  function reset(host: Host): void {
    host.ksm.write('advisor_mode', 'none');
    for (const [file, { baseline }] of Object.entries(kernel.files)) host.ksm.write(file, baseline);
  }

  function attempt(act: () => void): string {
    try {
      act();
      return 'ok';
    } catch (error) {
      if (error instanceof KsmError) return error.code;
      throw error;
    }
  }

  test.each(Object.keys(kernel.files))('%s', async (file) => {
    const host = await createHost();
    const asked = kernel.files[file]?.rows ?? [];
    const ours = asked.map(([input]) => {
      reset(host);
      const outcome = attempt(() => host.ksm.write(file, input));
      return [input, outcome, host.ksm.read(file)];
    });
    expect(ours).toEqual(asked);
  });

  test.each(Object.entries(kernel.read_only))('%s is not writable', async (file, errno) => {
    const host = await createHost();
    expect(attempt(() => host.ksm.write(file, '0'))).toBe(errno);
  });
});
