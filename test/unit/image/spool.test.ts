/** Temporary files of what is unpacked: bounded, without a name, and let go. */
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { Spools } from '../../../src/image/bytes/spool.ts';
import { failed, openFiles } from '../../support/image.ts';

async function* chunks(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

const unnamed = (): number => openFiles().filter((path) => /ksm-.*\(deleted\)/.test(path)).length;

it('holds all that was written, in a file that has no name, until it is closed', async () => {
  const [before, names] = [unnamed(), readdirSync(tmpdir())];
  const spools = new Spools();
  const bytes = await spools.spool('packed', chunks('one ', 'two ', 'three'));
  expect(bytes).toMatchObject({ name: 'packed', size: 13 });
  const into = Buffer.alloc(20);
  expect(bytes.read(into, 4)).toBe(9);
  expect(into.toString('utf8', 0, 9)).toBe('two three');
  expect(readdirSync(tmpdir())).toEqual(names);
  expect(unnamed()).toBe(before + 1);
  spools.close();
  spools.close();
  expect(unnamed()).toBe(before);
});

it('is bounded, and says by what', async () => {
  const spools = new Spools(undefined, 8);
  const error = await failed(spools.spool('bomb.gz', chunks('12345', '678', '9')));
  expect(error).toMatchObject({
    code: 'EFBIG',
    message: expect.stringMatching(/^bomb.gz unpacks to more than 8 bytes, .* set TMPDIR/),
  });
  spools.close();
});

it('an abort ends it', async () => {
  const abort = new AbortController();
  const spools = new Spools(abort.signal);
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (let n = 0; ; n++) {
      if (n === 10) abort.abort(new Error('enough'));
      yield new Uint8Array(10);
    }
  }
  await expect(spools.spool('endless', endless())).rejects.toThrow('enough');
  spools.close();
});
