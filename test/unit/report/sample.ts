/** A report made up for tests: two sources whose columns add up, with names that mean no good. */
import type { ScanReport, SourceReport } from '../../../src/report/index.ts';
import type { Pass } from '../../../src/scan/index.ts';

const MIB = 2 ** 20;

function source(name: string, kind: 'image' | 'process', numbers: Partial<SourceReport>): SourceReport {
  const { pages = 0, zero = 0, shared = 0, sharing = 0, unshared = 0, volatile = 0 } = numbers;
  const items = shared + sharing + unshared + volatile;
  return {
    name,
    kind,
    pages,
    zero,
    shared,
    sharing,
    unshared,
    volatile,
    saved_bytes: (sharing + zero) * 4096,
    ksm_rmap_items: items,
    ksm_zero_pages: zero,
    ksm_merging_pages: shared + sharing,
    ksm_process_profit: (shared + sharing + zero) * 4096 - items * 64,
    ksm_merge_any: 'no',
    ksm_mergeable: 'yes',
  };
}

export function pass(number: number, scanned: number, loading: boolean = false): Pass {
  return {
    pass: number,
    loading,
    wall_s: 0.05,
    cpu_s: 0.04,
    pages_scanned: scanned,
    pages_per_s: scanned / 0.05,
    full_scans: number,
    pages_shared: 1000,
    pages_sharing: 79_974,
    pages_unshared: 233_626,
    pages_volatile: 0,
    pages_skipped: 0,
    ksm_zero_pages: 0,
    stable_node_chains: 0,
    stable_node_dups: 0,
    general_profit: 79_974 * 4096 - 314_600 * 64,
  };
}

/** 1.2 GiB in two sources, of which 312.4 MiB (79,974 pages, a quarter) would be saved. */
export function sample(): ScanReport {
  const { pass: _, loading: __, wall_s, cpu_s, pages_per_s, ...sysfs } = pass(3, 943_800);
  return {
    version: 2,
    engine: 'names',
    pages: 314_600,
    saved_bytes: 79_974 * 4096,
    metadata_bytes: 12 * MIB,
    converged: true,
    sysfs,
    film: null,
    film_kept: null,
    ksm_stat: [
      source('/images/a long way down/guest-\u001b[31m-one.raw', 'image', {
        pages: 157_300,
        shared: 900,
        sharing: 39_900,
        unshared: 116_500,
      }),
      source('pid 4711 (node)', 'process', { pages: 157_300, shared: 100, sharing: 40_074, unshared: 117_126 }),
    ],
    sample: null,
    contents: [
      {
        sha1: '1ceaf73df40e531df3bfb26b4fb7cd95fb7bff1d',
        pages: 70_000,
        frames: 274,
        saved_bytes: 69_726 * 4096,
        kind: 'zero',
        description: 'zero page',
        example: { source: 'pid 4711 (node)', label: '[heap]', address: '0x5555aaaa0000' },
      },
    ],
    passes: [pass(1, 314_600), pass(2, 314_600), pass(3, 314_600)],
    loading: { wall_s: 0.6, bytes: 314_600 * 4096 },
    phases: [{ name: 'loading', wall_s: 0.6, cpu_s: 0.5 }],
    verification: { by: 'bytes', compared: 80_974, changed: 0, believed: 0, repaired: 0, false_match_chance: 0 },
    settings: { run: 1, pages_to_scan: 100, sleep_millisecs: 20, smart_scan: 0, max_page_sharing: 256 },
    default_settings: { run: 0, pages_to_scan: 100, sleep_millisecs: 20, smart_scan: 1, max_page_sharing: 256 },
    options: { index: 'hash', memory_bytes: 1344 * MIB, scanners: 1, seed: null },
    machine: { cpu: 'a CPU', cores: 2, memory_bytes: 24 * 2 ** 30, node: 'v20.0.0', platform: 'linux-x64' },
    notes: ['pid 4711 (node): 3 pages are swapped out and are not taken.'],
  };
}
