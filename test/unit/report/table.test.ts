/** What a person gets to read: the right numbers, nothing that a terminal would obey, and lines that fit. */
import { describe, expect, it } from 'vitest';
import { renderJson, renderTable, type ScanReport } from '../../../src/report/index.ts';
import { pass, sample } from './sample.ts';

const PLAIN = { width: 100, colour: false };

function lines(text: string): string[] {
  return text.split('\n');
}

describe('renderTable', () => {
  it('begins with what there is to know', () => {
    const [headline, profit] = lines(renderTable(sample(), PLAIN));
    expect(headline).toBe('KSM would save 312.4 MiB of 1.2 GiB (25 %).');
    // 79,974 pages less 64 bytes for each of 314,600: 293.2 MiB.
    expect(profit).toContain('293.2 MiB remain');
  });

  it('has a row for each source and a total that is their sum', () => {
    const text = lines(renderTable(sample(), PLAIN));
    const total = text.find((line) => line.startsWith('total')) ?? '';
    expect(total.split(/ {2,}/)).toEqual([
      'total',
      '1.2 GiB',
      '312.4 MiB',
      '25 %',
      '1,000',
      '79,974',
      '233,626',
      '297.1 MiB',
    ]);
    expect(text.filter((line) => line.startsWith('pid 4711 (node)'))).toHaveLength(1);
  });

  it('says when it is not settled', () => {
    expect(renderTable(sample(), PLAIN)).not.toContain('Not settled');
    expect(renderTable({ ...sample(), converged: false }, PLAIN)).toContain('Not settled');
  });

  it('says when KSM would cost more than it saves', () => {
    const report = sample();
    const poor = { ...report, sysfs: { ...report.sysfs, general_profit: -6400 } };
    expect(renderTable(poor, PLAIN)).toContain('-6.3 KiB (more than it saves)');
  });

  it('shows zero and volatile pages only where there are any', () => {
    const report = sample();
    expect(renderTable(report, PLAIN)).not.toMatch(/ zero {2}|volatile/);
    const ksm_stat = report.ksm_stat.map((source) => ({ ...source, zero: 5, volatile: 7 }));
    const text = renderTable({ ...report, ksm_stat }, { width: 140, colour: false });
    expect(text).toMatch(/ zero {2}/);
    expect(text).toContain('volatile');
  });

  /** Every part of a report, with figures and names as large as they come. */
  function widest(): ScanReport {
    const report = sample();
    const big = 987_654_321;
    const ksm_stat = report.ksm_stat.map((source) => ({
      ...source,
      name: `${source.name} with a name that goes on and on and on`,
      zero: big,
      shared: big,
      sharing: big,
      unshared: big,
      volatile: big,
      saved_bytes: 1023.9 * 2 ** 30,
      ksm_process_profit: -1023.9 * 2 ** 30,
    }));
    const contents = report.contents.map((content) => ({
      ...content,
      pages: big,
      saved_bytes: 1023.9 * 2 ** 20,
      description:
        'a text that begins with a very long first line, of which only the beginning is of interest to anybody',
      example: {
        source: 'pid 4194303 (a-long-name)',
        label: '/usr/lib/x86_64-linux-gnu/libc.so.6',
        address: '0x7fffdeadb000',
      },
    }));
    const passes = [pass(9999, big, true), pass(10_000, big, false)].map((one) => ({
      ...one,
      wall_s: 12_345,
      cpu_s: 12_345,
      pages_per_s: 999_949,
      pages_shared: big,
      pages_sharing: big,
      pages_unshared: big,
    }));
    const notes = [
      'pid 4194303 (a-long-name): of its memory so and so much could not be read, because it has changed meanwhile',
    ];
    return { ...report, ksm_stat, contents, passes, notes, converged: false };
  }

  it.each([60, 80, 100, 200])('fits %d characters, every line of it', (width) => {
    const text = renderTable(widest(), { width, colour: false });
    for (const line of lines(text)) expect([...line].length, line).toBeLessThanOrEqual(width);
  });

  it('keeps what matters most at 60 characters, and all columns at 200', () => {
    const narrow = renderTable(widest(), { width: 60, colour: false });
    const heads = lines(narrow).filter((line) => /^source|^ *saved|^ *pass /.test(line));
    expect(heads).toHaveLength(3);
    const [sources = '', contents = '', passes = ''] = heads;
    for (const title of ['memory', 'saved']) expect(sources).toContain(title);
    expect(contents).toContain('content');
    expect(passes).toContain('sharing');
    const [all = ''] = lines(renderTable(widest(), { width: 200, colour: false })).filter((line) =>
      line.startsWith('source'),
    );
    expect(all.split(/ {2,}/)).toEqual([
      'source',
      'memory',
      'saved',
      'zero',
      'shared',
      'sharing',
      'unshared',
      'volatile',
      'profit',
    ]);
  });

  it('lets no control character of a name through', () => {
    expect(renderTable(sample(), PLAIN)).not.toMatch(/(?!\n)\p{C}/u);
  });

  it('uses colours only where asked', () => {
    expect(renderTable(sample(), PLAIN)).not.toContain('\u001b');
    expect(renderTable(sample(), { width: 100, colour: true })).toContain('\u001b[1m');
  });

  it('sums up sources beyond thirty', () => {
    const report = sample();
    const first = report.ksm_stat.slice(0, 1);
    const ksm_stat = Array.from({ length: 40 }, (_, i) => first.map((one) => ({ ...one, name: `guest ${i}` }))).flat();
    const text = lines(renderTable({ ...report, ksm_stat }, PLAIN));
    expect(text.filter((line) => line.startsWith('guest '))).toHaveLength(29);
    // 40 - 29 = 11 sources of 900 shared pages each.
    expect(text.find((line) => line.startsWith('11 more'))).toContain('9,900');
  });

  it('leaves out the middle of many passes, and marks those that made room', () => {
    const passes = Array.from({ length: 20 }, (_, i) => pass(i + 1, 1000, i < 2));
    const text = renderTable({ ...sample(), passes }, PLAIN);
    expect(text).toContain('20 passes: 20,000 pages scanned');
    expect(text).toMatch(/^ *1\* /m);
    expect(text).toMatch(/^ *20 /m);
    expect(text).not.toMatch(/^ *10 /m);
  });

  it('says what the pace of ksmd would be', () => {
    // 314,600 pages, 100 every 20 ms: 62.92 s.
    expect(renderTable(sample(), PLAIN)).toContain(
      'ksmd at pages_to_scan=100 and sleep_millisecs=20 would sleep 63 s in the last pass.',
    );
    const settings = { ...sample().settings, pages_to_scan: 0 };
    expect(renderTable({ ...sample(), settings }, PLAIN)).toContain('pages_to_scan=0 would never end a pass');
  });

  it('names the settings that are not the defaults', () => {
    expect(renderTable(sample(), PLAIN)).toContain("Settings other than the kernel's defaults: smart_scan=0\n");
  });
});

describe('renderJson', () => {
  it('is the report, and nothing else', () => {
    const text = renderJson(sample());
    expect(JSON.parse(text)).toEqual(sample());
    expect(text.endsWith('}\n')).toBe(true);
  });
});

describe('how equal pages are known to be equal', () => {
  const { verification, ...rest } = sample();
  const text = (change: Partial<ScanReport>): string =>
    renderTable({ ...rest, verification, ...change }, { width: 200, colour: false });
  const trusted = (chance: number): ScanReport['verification'] => ({
    ...verification,
    by: 'hash',
    false_match_chance: chance,
  });

  it('by their bytes', () => {
    expect(text({})).toContain('80,974 pages compared byte by byte');
    expect(text({ engine: 'bytes' })).toContain('Equal pages were compared byte by byte.');
  });

  it('by their hashes: the chance is said, and is a warning from one in a million on', () => {
    expect(text({ verification: trusted(3e-8) })).toMatch(
      /\nEqual hashes are believed: .* among 314,600 pages is .* 3e-8\.\n/,
    );
    expect(text({ verification: trusted(2e-6) })).toMatch(
      /\nWarning: Equal hashes .* 2e-6; leave --trust-hash away\.\n/,
    );
  });
});
