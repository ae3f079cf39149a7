/**
 * Names of files and processes, and the words of a trace, come from strangers. Control characters, bidirectional marks and invisible
 * characters in them never get out raw, neither to people nor into JSON, where they are escaped and so still there.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ScanReport } from '../../../src/report/index.ts';
import { type Ended, Folder, ksm } from '../../support/program.ts';

const folder = new Folder();
afterAll(() => folder.remove());

/** An escape sequence, an override, a C1 control, a line separator, a zero width space. No slash: it has to be a file's name. */
const EVIL = 'a\u001b[31m\u202eb\u009bc\u2028d\u200be';
const RAW = /[\p{C}\p{Zl}\p{Zp}]/u;

/** Whatever was printed has nothing but newlines of what must not be raw. */
function expectHarmless({ stdout, stderr }: Ended): void {
  for (const text of [stdout, stderr]) expect(RAW.exec(text.replaceAll('\n', ''))?.[0]).toBeUndefined();
}

const HEADER = { op: 'trace', version: 1, name: EVIL };
const text = (...lines: object[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

describe('ksm replay', () => {
  const trace = folder.file(
    `${EVIL}.trace.jsonl`,
    text(
      HEADER,
      { op: 'process', proc: EVIL },
      { op: 'mmap', proc: EVIL },
      { op: 'fill', proc: EVIL, contents: [1] },
      {
        op: 'fork',
        proc: EVIL,
        child: 'child',
      },
    ),
  );
  const frames = [
    [
      [EVIL, 0],
      ['child', 0],
    ],
  ];

  it('prints the names of a trace escaped', async () => {
    const result = await ksm(['replay', trace]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expectHarmless(result);
    const printed = result.stdout.trim().split('\n');
    expect(JSON.parse(printed[0] ?? '')).toMatchObject({ name: EVIL });
    const last = JSON.parse(printed.at(-1) ?? '');
    expect(Object.keys(last.ksm_stat)).toEqual([EVIL, 'child']);
    expect(last.frames).toEqual(frames);
  });

  it('does so as one object', async () => {
    const result = await ksm(['replay', '--json', trace]);
    expectHarmless(result);
    const [recording] = JSON.parse(result.stdout).recordings;
    expect(recording).toMatchObject({ file: trace, name: EVIL });
    expect(recording.lines.at(-1).frames).toEqual(frames);
  });

  it('prints differences without them', async () => {
    const { stdout } = await ksm(['replay', trace]);
    folder.file(`${EVIL}.recording.jsonl`, stdout.replace(/"frames":\[\[.*\]\]/, '"frames":[]'));
    const people = await ksm(['replay', '--check', trace]);
    expect(people).toMatchObject({ code: 3, stdout: expect.stringMatching(/0 passed, 1 failed\n$/) });
    expectHarmless(people);
    const programs = await ksm(['replay', '--check', '--json', trace]);
    expectHarmless(programs);
    expect(JSON.parse(programs.stdout).traces[0]).toMatchObject({ file: trace, name: EVIL, passed: false });
  });

  it.each([
    ['a process that is not there', text(HEADER, { op: 'exit', proc: EVIL })],
    ['an operation', text(HEADER, { op: EVIL })],
    ['a field', text(HEADER, { op: 'process', proc: 'p', [EVIL]: 1 })],
    ['a field that is there twice', `${text(HEADER)}{"op":"process","${EVIL.slice(9)}":1,"${EVIL.slice(9)}":2}`],
    ['what is no JSON', `${text(HEADER)}${EVIL}`],
  ])('refuses %s without them', async (_what, content) => {
    const file = folder.file(`${EVIL}-refused.trace.jsonl`, content);
    for (const words of [[file], ['--check', file], ['--check', '--json', file]]) {
      const result = await ksm(['replay', ...words]);
      expect(result.code).toBe(1);
      expectHarmless(result);
    }
  });
});

describe('ksm scan', () => {
  const image = folder.file(EVIL, Buffer.alloc(8192, `line ${EVIL}\n`));

  it.each([[[]], [['--json']]])('shows a file %j', async (options) => {
    const result = await ksm(['scan', ...options, image]);
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('a?[31m?b?c?d?e') });
    expectHarmless(result);
  });

  it('says that a file is missing', async () => {
    const result = await ksm(['scan', join(folder.path, `${EVIL}-missing`)]);
    expect(result.code).toBe(1);
    expectHarmless(result);
  });

  it('repeats words of the command line', async () => {
    for (const words of [
      [EVIL],
      ['scan', `--${EVIL}`],
      ['scan', '--set', EVIL],
      ['scan', '--set', `run=${EVIL}`, image],
    ]) {
      const result = await ksm(words);
      expect(result.code).toBe(2);
      expectHarmless(result);
    }
  });

  if (process.platform === 'linux') {
    it('shows a process', async () => {
      // A process is called after its file, by the first 15 bytes of the name.
      const program = join(folder.path, 'p\u202e\u001bq\u009b');
      copyFileSync('/bin/sleep', program);
      const child = spawn(program, ['1000']);
      try {
        await once(child, 'spawn');
        for (const options of [[], ['--json']]) {
          const result = await ksm(['scan', ...options, '--pid', `${child.pid}`]);
          expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining(`pid ${child.pid} (p??q?)`) });
          expectHarmless(result);
        }
        const { stdout } = await ksm(['scan', '--json', '--pid', `${child.pid}`]);
        expect((JSON.parse(stdout) as ScanReport).ksm_stat).toHaveLength(1);
      } finally {
        child.kill('SIGKILL');
      }
    });
  }
});
