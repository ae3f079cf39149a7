/** Pipes as sources of `ksm scan`: the report is that of a file with the same bytes, and what cannot be read again is kept or believed. */
import { execFileSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { PAGE_BYTES as PAGE } from '../../../src/image/source.ts';
import { pattern } from '../../support/image.ts';
import { type Ended, ended, Folder, ksm, start } from '../../support/program.ts';

const folder = new Folder();
afterAll(() => folder.remove());

/** 300 pages of which 100 are there three times, 20 of zeros, and some bytes more. */
const BYTES = Buffer.concat([
  ...[1, 1, 1].map((seed) => pattern(seed, 100 * PAGE)),
  Buffer.alloc(20 * PAGE),
  Buffer.from('the end'),
]);
const image = folder.file('image.img', BYTES);
const JSON_OF = ['--json', '--quiet', '--seed', '7'];

/** `ksm WORDS` with `pieces` as its standard input, one after the other. */
async function piped(words: readonly string[], pieces: readonly Uint8Array[]): Promise<Ended> {
  const child = start(words);
  const end = ended(child);
  child.stdin?.on('error', () => {}); // it may end before it has read all
  for (const piece of pieces) await new Promise((written) => child.stdin?.write(piece, written));
  child.stdin?.end();
  return end;
}

/** What a report says of pages and contents, without the names of sources. */
function facts({ code, stderr, stdout }: Ended): object {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { pages, saved_bytes, sysfs, ksm_stat, contents, verification } = JSON.parse(stdout);
  const unnamed = ksm_stat.map(({ name, ...rest }: { name: string }) => rest);
  const found = contents.map(({ example, ...rest }: { example: object }) => rest);
  return { pages, saved_bytes, sysfs, verification, ksm_stat: unnamed, contents: found };
}

const ofFile = ksm(['scan', ...JSON_OF, image]).then(facts);

it.each(['-', '/dev/stdin', '/dev/fd/0'])('%s is what a file with the same bytes is', async (name) => {
  const pieces = [BYTES.subarray(0, 1), BYTES.subarray(1, 70_000), BYTES.subarray(70_000)];
  const result = await piped(['scan', ...JSON_OF, name], pieces);
  expect(facts(result)).toEqual(await ofFile);
  const { notes, ksm_stat } = JSON.parse(result.stdout);
  const path = name === '-' ? '/dev/stdin' : name;
  expect(ksm_stat[0].name).toBe(path);
  expect(notes).toEqual([
    `${path}: The stream did not end on a page: the last page was filled up with 4089 zero bytes.`,
  ]);
});

it('a pipe with a name, beside a file', async () => {
  const path = join(folder.path, 'pipe');
  execFileSync('mkfifo', [path]);
  const scanning = ksm(['scan', ...JSON_OF, path, image]);
  const writer = await open(path, 'w');
  await writer.writeFile(BYTES);
  await writer.close();
  expect(facts(await scanning)).toEqual(facts(await ksm(['scan', ...JSON_OF, image, image])));
});

it('standard input that is a file', async () => {
  const { spawnSync } = await import('node:child_process');
  const { MAIN } = await import('../../support/program.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'scan', ...JSON_OF, '-'], {
    stdio: [openSync(image, 'r'), 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  expect(facts({ code: status, stdout, stderr })).toEqual(await ofFile);
});

it('pages for which there is no room are believed, and a note says so', async () => {
  // 1 MiB: half of it keeps 128 pages that are not zeros. Merged are 300.
  const result = await piped(['scan', ...JSON_OF, '--memory', '1M', '-'], [BYTES]);
  const { verification, notes } = JSON.parse(result.stdout);
  expect(verification).toMatchObject({ by: 'bytes', compared: 28, believed: 172, changed: 0 });
  expect(verification.false_match_chance).toBeGreaterThan(0);
  expect(notes).toContain('/dev/stdin: 172 merged pages could not be read again; equal hashes are believed.');
});

it('a content of which nothing was kept is listed, but not looked at', async () => {
  const twice = pattern(2 ** 30, PAGE);
  const input = Buffer.concat([pattern(1, 200 * PAGE), twice, twice]);
  const { stdout } = await piped(['scan', ...JSON_OF, '--memory', '1M', '-'], [input]);
  const { contents, verification } = JSON.parse(stdout);
  expect(contents).toMatchObject([
    { sha1: null, pages: 2, kind: 'unread', description: 'came only once, and was not kept' },
  ]);
  expect(verification).toMatchObject({ compared: 0, believed: 2 });
});

it('nothing at all is no image', async () => {
  const { code, stderr } = await piped(['scan', '-'], []);
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'ksm: /dev/stdin is empty; an image has at least one byte\n' });
});

it('is named once, since it comes once', async () => {
  const { code, stderr } = await piped(['scan', '-', '/dev/stdin'], [BYTES]);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: 'ksm: /dev/stdin: a pipe can be read only once, so name it only once.\n',
  });
});

it('is nothing for the engine over bytes', async () => {
  const { code, stderr } = await piped(['scan', '--engine', 'bytes', '-'], [BYTES]);
  expect(code).toBe(2);
  expect(stderr).toContain('/dev/stdin is a pipe, and the engine over bytes has to know how long a source is');
});

it('is nothing that could be put in order, whichever engine it is for', async () => {
  for (const engine of [[], ['--engine', 'names']]) {
    const { code, stderr } = await piped(['scan', ...engine, '--index', 'content', '-'], [BYTES]);
    expect(code).toBe(2);
    expect(stderr).toContain('/dev/stdin is a pipe, and content order takes what can be read twice');
  }
});
