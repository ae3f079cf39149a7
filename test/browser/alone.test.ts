/** Where threads cannot be started, the caller's thread scans alone: the host says why, and the results are the same. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createHost } from '../../src/index.ts';
import { play } from './story.ts';

const DIST = new URL('../../dist/', import.meta.url);

/** src/ has worker.ts but no worker.js: a bundler that forgets the worker leaves a library like this. */
test('a worker that does not come up', async () => {
  const host = await createHost({ memory: '16M', scanners: 3 });
  expect(host.scanners).toMatchObject({ running: 1, reason: expect.stringContaining('worker.js') });
  await host.scanners.stop();
});

test('the story is the same when a worker does not come up', async () => {
  expect(await play(createHost, { scanners: 2 })).toEqual(await play(createHost, { scanners: 1 }));
});

/** Node's permission model makes the constructor of Worker throw. */
test('a platform that refuses to make workers', () => {
  const library = JSON.stringify(new URL('src/index.js', DIST).href);
  const program = `
    const { createHost } = await import(${library});
    const { running, reason } = (await createHost({ memory: '16M', scanners: 3 })).scanners;
    console.log(JSON.stringify({ running, reason }));`;
  const permissions = ['--experimental-permission', `--allow-fs-read=${fileURLToPath(DIST)}*`];
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...permissions, '--no-warnings', '--input-type=module', '--eval', program],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  const reason = expect.stringMatching(/threads\/worker\.js cannot be started: .*restricted/);
  expect(JSON.parse(stdout)).toEqual({ running: 1, reason });
});
