/** The chart: every figure in it is one of the results', in its place, and it is an SVG that can be read. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { chartOf } from '../../../bench/chart.ts';
import type { BenchReport, BenchRow, BenchTable } from '../../../bench/table.ts';
import { malformed } from './xml.ts';

/** A row with the median, slowest and fastest rates that are given in M pages/s. */
function row(name: string, median: number, slowest: number = median, fastest: number = median): BenchRow {
  const [low, middle, high] = [slowest * 1e6, median * 1e6, fastest * 1e6];
  return { name, rates: [low, middle, high], median: middle, slowest: low, fastest: high, ratio: 1 };
}

function table(title: string, rows: readonly BenchRow[]): BenchTable {
  return { title, unit: 'pages', reference: 'r', seed: 1, rows };
}

function report(tables: readonly BenchTable[], cpu: string = 'A <fast> & "new" CPU'): BenchReport {
  const machine = { cpu, cores: 2, memory: 2 ** 34, kernel: 'Linux 6.18', node: '20.0.0', v8: '11.3', packages: {} };
  return { version: 1, date: '2026-01-02T03:04:05.000Z', machine, tables };
}

const UNIQUE = 'Scanning 262144 pages (1024 MiB), workload "unique", one thread';
const MERGING = 'Scanning 262144 pages (1024 MiB), workload "16:1", one thread';
const scan = report([
  table('Scanning 65536 pages (256 MiB), workload "unique", one thread', [row('read (SIMD sum)', 77)]),
  table(UNIQUE, [
    row('read (SIMD sum)', 8),
    row('xxhash-wasm + Map, first pass', 2.5),
    row('xxhash-wasm + Map, second pass', 1.1),
    row('SHA-1 + Set', 0.4),
    row('hash order, first pass', 7.004),
    row('hash order, second pass', 5.5),
    row('hash order, third pass', 7.25),
    row('hash order, 1 % written', 66),
  ]),
  table(MERGING, [
    row('read (SIMD sum)', 10, 1, 100),
    row('xxhash-wasm + Map, second pass', 0.9),
    row('hash order, second pass', 1.5),
    row('hash order, third pass', 949.6),
    row('content order, third pass', 99.94),
  ]),
]);
const kernel = report([
  table('262144 pages (1024 MiB), workload "unique", second pass, beside the kernel', [
    row('ksmd', 0.33),
    row('ksmd, by its CPU time', 0.18),
  ]),
  table('262144 pages (1024 MiB), workload "16:1", settled pass, beside the kernel', [
    row('ksmd, by its CPU time', 3.2),
  ]),
]);

/** What a reader sees: all texts in their order. */
function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, content = '']) => content);
}

function figuresOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]* class="figure"[^>]*>([^<]*)<\/text>/g)].map(([, content = '']) => content);
}

/** Every number a bar can end at, in M pages/s. */
function mediansOf(reports: readonly BenchReport[]): number[] {
  return reports.flatMap(({ tables }) => tables.flatMap(({ rows }) => rows.map(({ median }) => median / 1e6)));
}

/** Figures that are no median of the reports, rounded to as many digits as are shown. */
function strangers(svg: string, reports: readonly BenchReport[]): string[] {
  const medians = mediansOf(reports);
  return figuresOf(svg).filter((figure) => {
    const half = 0.5 / 10 ** (figure.split('.')[1]?.length ?? 0);
    return !medians.some((median) => Math.abs(median - Number(figure)) <= half + 1e-9);
  });
}

describe('the chart', () => {
  const svg = chartOf({ scan, kernel });

  test('shows each result once where it belongs, and nothing where there is none', () => {
    const texts = textsOf(svg);
    expect(texts.slice(texts.indexOf('First pass'), texts.indexOf('3.20') + 1)).toEqual([
      ...['First pass', 'reading all pages once', '8.00', 'ksm-wasm, hash order', '7.00'],
      ...['xxhash-wasm + Map', '2.50', 'SHA-1 + Set (node:crypto)', '0.40'],
      ...['Second pass, all pages unique', 'reading all pages once', '8.00', 'ksm-wasm, hash order', '5.50'],
      ...['xxhash-wasm + Map', '1.10', 'SHA-1 + Set (node:crypto)', '0.40', 'ksmd, CPU time', '0.18'],
      ...['Third and later passes, all pages unique', 'reading all pages once', '8.00', 'ksm-wasm, hash order', '7.25'],
      ...['xxhash-wasm + Map', '1.10', 'SHA-1 + Set (node:crypto)', '0.40'],
      ...['Second pass, merging 16:1', 'reading all pages once', '10.0', 'ksm-wasm, hash order', '1.50'],
      ...['xxhash-wasm + Map', '0.90'],
      ...['Third and later passes, 16:1 settled', 'reading all pages once', '10.0', 'ksm-wasm, hash order', '950'],
      ...['ksm-wasm, content order', '99.9', 'xxhash-wasm + Map', '0.90', 'ksmd, CPU time', '3.20'],
    ]);
  });

  test('has no figure that is not in the results', () => {
    expect(figuresOf(svg)).toHaveLength(21);
    expect(strangers(svg, [scan, kernel])).toEqual([]);
    expect(strangers(svg, [kernel])).toContain('7.00');
  });

  test('ten times as fast is a decade longer: the spread from 1 to 100 has its median in the middle', () => {
    const scale = [...svg.matchAll(/<text x="([\d.]+)"[^>]*>(0\.1|1|10|100|1000)<\/text>/g)];
    const places = new Map(scale.map(([, x, power]) => [power, Number(x)]));
    const [, from, to] = svg.match(/<path d="M([\d.]+) [\d.]+H([\d.]+)M[^>]*stroke="#1f2328"\/>(?=\n.*>10\.0<)/) ?? [];
    expect([Number(from), Number(to)]).toEqual([places.get('1'), places.get('100')]);
    const bar = svg.match(/<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"[^>]*>(?=\n.*\n.*>10\.0<)/);
    expect(Number(bar?.[1]) + Number(bar?.[2])).toBeCloseTo(places.get('10') ?? Number.NaN, 0);
    expect(places.get('0.1')).toBe(Number(bar?.[1]));
  });

  test('is well-formed, whatever the machine is called', () => {
    expect(malformed(svg)).toBeUndefined();
    expect(svg).toContain('A &lt;fast&gt; &amp; "new" CPU');
  });

  test('names the machine of ksmd where it is another', () => {
    expect(svg).not.toContain('; on ');
    const other = { scan, kernel: report(kernel.tables, 'Another CPU') };
    expect(chartOf(other)).toContain('; on Another CPU, 2 cores; Linux 6.18; Node 20.0.0');
  });

  test('needs no kernel; says what is missing where there is nothing to show', () => {
    expect(textsOf(chartOf({ scan }))).not.toContain('ksmd, CPU time');
    expect(() => chartOf({ scan: report([]) })).toThrow('run "npm run bench -- scan"');
  });
});

describe('the chart that is kept', () => {
  const read = (name: string): string =>
    readFileSync(new URL(`../../../bench/results/${name}`, import.meta.url), 'utf8');
  const scan = JSON.parse(read('scan.json')) as BenchReport;
  const kernel = JSON.parse(read('kernel.json')) as BenchReport;
  const svg = readFileSync(new URL('../../../docs/chart.svg', import.meta.url), 'utf8');

  test('shows figures of the results that are kept, and no others', () => {
    expect(figuresOf(svg).length).toBeGreaterThan(20);
    expect(strangers(svg, [scan, kernel])).toEqual([]);
  });

  test('is drawn from them as they are now ("npm run bench -- chart" draws it anew)', () => {
    expect(svg).toBe(chartOf({ scan, kernel }));
  });

  test('is well-formed', () => {
    expect(malformed(svg)).toBeUndefined();
  });
});

describe('the check of XML', () => {
  test.each(['<a/>', '<a b="1" c="&lt;\'">x &amp; y<b/></a>\n', '<a><b>1</b><b>2</b></a>'])('accepts %s', (text) => {
    expect(malformed(text)).toBeUndefined();
  });

  test.each([
    ...['', 'x', '<a>', '</a>', '<a></b>', '<a><b></a></b>', '<a/><a/>', '<a/>x', '<a>a & b</a>', '<a>&nbsp;</a>'],
    ...['<a>1 < 2</a>', '<a b=1/>', '<a b="<"/>', '<a b="&"/>', '<a b="1" b="2"/>', '<a b="1"c="2"/>', '<1/>'],
  ])('refuses %s', (text) => {
    expect(malformed(text)).toEqual(expect.any(String));
  });
});
