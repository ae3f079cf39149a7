/** `ksm replay` from end to end, on a recording that a real Linux kernel made. */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { ended, Folder, ksm, start } from '../../support/program.ts';

const folder = new Folder();
afterAll(() => folder.remove());

const golden = (name: string): string => fileURLToPath(new URL(`../../recordings/golden/${name}`, import.meta.url));
const trace = golden('basic-1.trace.jsonl');
const recording = readFileSync(golden('basic-1.recording.jsonl'), 'utf8');

/** The golden trace beside a recording of which one line is changed. */
function tampered(name: string, change: (lines: string[]) => void): string {
  const lines = recording.split('\n');
  change(lines);
  folder.file(`${name}.recording.jsonl`, lines.join('\n'));
  const path = join(folder.path, `${name}.trace.jsonl`);
  copyFileSync(trace, path);
  return path;
}

const wrong = tampered('wrong', (lines) => {
  lines[4] = (lines[4] ?? '').replace('"pages_scanned":', '"pages_scanned":1');
});
const short = tampered('short', (lines) => lines.splice(-2, 1));

describe('ksm replay', () => {
  it('prints what the kernel recorded', async () => {
    const { code, stdout, stderr } = await ksm(['replay', trace]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [header, ...steps] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const [expectedHeader, ...expected] = recording
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(header).toMatchObject({ op: 'trace', version: 1, name: expectedHeader.name });
    expect(steps).toEqual(expected);
  });

  it('prints one object with --json', async () => {
    const { code, stdout } = await ksm(['replay', '--json', trace, trace]);
    expect(code).toBe(0);
    const { version, index, recordings } = JSON.parse(stdout);
    expect({ version, index }).toEqual({ version: 1, index: 'content' });
    expect(recordings.map(({ file }: { file: string }) => file)).toEqual([trace, trace]);
    expect(recordings[0].lines.slice(1)).toEqual(
      recording
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => JSON.parse(line)),
    );
  });

  it('takes settings to begin with, and refuses what the kernel refuses', async () => {
    const { code, stdout } = await ksm(['replay', '--set', 'max_page_sharing=512', trace]);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(recording.trim().split('\n').length);
    const refused = await ksm(['replay', '--set', 'max_page_sharing=1', trace]);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--set max_page_sharing=1: EINVAL') });
  });

  it('is not whole where its reader leaves, and says so by the code of SIGPIPE', async () => {
    const child = start(['replay', trace, trace, trace]);
    child.stdout?.destroy();
    const { code, stderr } = await ended(child);
    expect({ code, stderr }).toEqual({ code: 141, stderr: '' });
  });
});

describe('ksm replay --check', () => {
  it('counts what agrees', async () => {
    const { code, stdout, stderr } = await ksm(['replay', '--check', trace, golden('chains-1.trace.jsonl')]);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '2 passed, 0 failed\n', stderr: '' });
  });

  it('prints the first difference of each that does not, and exits with 3', async () => {
    const { code, stdout } = await ksm(['replay', '--check', wrong, trace, short]);
    expect(code).toBe(3);
    const [first, second, summary] = stdout.trim().split('\n');
    expect(first).toContain(`${wrong}: line 5, after `);
    expect(first).toContain('sysfs.pages_scanned: expected 1');
    expect(second).toContain(`${short}: line ${recording.trim().split('\n').length}, after `);
    expect(summary).toBe('1 passed, 2 failed');
  });

  it('says the same as JSON', async () => {
    const { code, stdout } = await ksm(['replay', '--check', '--json', wrong, trace]);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      index: 'content',
      scope: 'everything',
      passed: 1,
      failed: 1,
      traces: [
        { file: wrong, passed: false, difference: { line: 5, path: 'sysfs.pages_scanned' } },
        { file: trace, passed: true },
      ],
    });
  });

  it('checks less in hash order, and says so', async () => {
    const { code, stdout } = await ksm(['replay', '--check', '--index', 'hash', '--seed', '1', wrong]);
    // The changed counter is not compared in this order.
    expect(code).toBe(0);
    expect(stdout).toMatch(/^In hash order, only .*\n1 passed, 0 failed\n$/);
  });
});

describe('files that are not what they should be', () => {
  const missing = join(folder.path, 'missing.trace.jsonl');
  const broken = folder.file('broken.trace.jsonl', '{"op":"trace","version":1,"name":"x"}\n{"op":"explode"}\n');
  const lonely = folder.file('lonely.trace.jsonl', '{"op":"trace","version":1,"name":"x"}\n');
  const empty = folder.file('empty.trace.jsonl', '');

  it.each([
    [missing, 'there is no such file'],
    [broken, 'explode'],
    [empty, 'empty'],
    [folder.path, 'cannot read'],
  ])('%s', async (path, message) => {
    const { code, stdout, stderr } = await ksm(['replay', path]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^ksm: .+\n$/);
    expect(stderr).toContain(message);
  });

  it('do not keep the others from being checked', async () => {
    const { code, stdout } = await ksm(['replay', '--check', lonely, trace, missing]);
    expect(code).toBe(1);
    expect(stdout).toContain(`${lonely}: cannot read the recording`);
    expect(stdout).toContain(`cannot read the trace ${missing}`);
    expect(stdout).toMatch(/1 passed, 2 failed\n$/);
  });
});
