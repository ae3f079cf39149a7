/** What a scan says on a system where there are no live processes to be read. */
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Sources } from '../../../src/cli/sources.ts';
import { Watch } from '../../../src/scan/index.ts';

const choice = { trees: [], names: [], users: [], cgroups: [], containers: [] };
const NOTHING = { images: [], pids: [], all: false, choice };
const WATCH = new Watch({ show: () => {} }, new AbortController().signal);
const here = process.platform;

beforeEach(() => Object.defineProperty(process, 'platform', { value: 'darwin' }));
afterEach(() => Object.defineProperty(process, 'platform', { value: here }));

it('cannot run the demo, and says what works instead', async () => {
  await expect(Sources.open(NOTHING, WATCH)).rejects.toMatchObject({
    code: 'EINVAL',
    message: expect.stringMatching(/needs Linux; this is darwin.*ksm scan IMAGE/),
  });
});

it.each([
  { ...NOTHING, pids: [1] },
  { ...NOTHING, all: true },
  { ...NOTHING, choice: { ...choice, names: ['node'] } },
])('cannot read processes: %j', async (wanted) => {
  await expect(Sources.open(wanted, WATCH)).rejects.toMatchObject({
    code: 'EINVAL',
    message: expect.stringMatching(/needs Linux, and this is darwin/),
  });
});

it('can read images', async () => {
  await using sources = await Sources.open({ ...NOTHING, images: [fileURLToPath(import.meta.url)] }, WATCH);
  expect(sources.list).toMatchObject([{ kind: 'image' }]);
  expect(sources.notes).toEqual([]);
});
