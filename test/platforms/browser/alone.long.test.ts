/** Where threads cannot be started, the caller's thread scans alone: the host says why, and the results are the same. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import {
  attachHost,
  createHost,
  type Host,
  type HostOptions,
  restoreHost,
  snapshotOf,
  type Warning,
} from '../../../src/index.ts';
import { play } from './story.ts';

const DIST = new URL('../../../dist/', import.meta.url);

/** A host of src/, which has worker/node.ts but no worker/node.js: a bundler that forgets the worker leaves a library like this. */
async function alone(options: HostOptions): Promise<{ host: Host; warnings: Warning[] }> {
  const warnings: Warning[] = [];
  const host = await createHost({ memory: '16M', ...options, onWarning: (warning) => void warnings.push(warning) });
  return { host, warnings };
}

const MISSING =
  /The worker of ksm-wasm cannot be started: .*worker\/node\.js'.*"workerUrl" where "ksm-wasm\/worker" is/;

test('fewer scanners than asked for: the host says so in a warning that can be listened to', async () => {
  const { host, warnings } = await alone({ scanners: 3 });
  expect(host.scanners).toMatchObject({ running: 1, reason: expect.stringMatching(MISSING) });
  const message = expect.stringMatching(/^Of 3 scanners that were asked for 1 run\. The worker of ksm-wasm/);
  expect(warnings).toEqual([{ code: 'KSM_SCANNERS', message }]);
});

test('ksmd that cannot be started says what to do, and warns of its helpers', async () => {
  const { host, warnings } = await alone({});
  const message = expect.stringMatching(MISSING);
  await expect(host.ksmd.start({ scanners: 2 })).rejects.toMatchObject({ code: 'EAGAIN', message });
  expect(warnings).toMatchObject([{ code: 'KSM_SCANNERS' }]);
});

test('a restored host and one of another thread warn, too', async () => {
  const { host } = await alone({});
  const warnings: Warning[] = [];
  const onWarning = (warning: Warning): void => void warnings.push(warning);
  await restoreHost(snapshotOf(host), { scanners: 2, onWarning });
  expect(warnings).toMatchObject([{ code: 'KSM_SCANNERS' }]);
  await expect(attachHost(host.share(), { onWarning }).ksmd.start({ scanners: 2 })).rejects.toThrow(
    'cannot be started',
  );
  expect(warnings).toHaveLength(2);
});

test('as many scanners as were asked for: no warning', async () => {
  expect((await alone({ scanners: 1 })).warnings).toEqual([]);
  const workerUrl = new URL('src/worker/node.js', DIST);
  const { host, warnings } = await alone({ scanners: 2, workerUrl });
  expect(host.scanners).toMatchObject({ running: 2, reason: undefined });
  expect(warnings).toEqual([]);
  await host.ksmd.start();
  expect(host.ksmd.running).toBe(true);
  host[Symbol.dispose]();
});

test.each([
  ['workerUrl', 5],
  ['workerUrl', './worker.js'],
  ['workerUrl', {}],
  ['onWarning', 'console'],
])('option %s: %j is refused', async (name, value) => {
  const options = { memory: '16M', [name]: value } as HostOptions;
  const message = expect.stringContaining(`Option "${name}" is `);
  await expect(createHost(options)).rejects.toMatchObject({ code: 'EINVAL', message });
});

test('the story is the same when a worker does not come up', async () => {
  const silent: HostOptions = { onWarning: () => {} };
  expect(await play(createHost, { ...silent, scanners: 2 })).toEqual(await play(createHost, { scanners: 1 }));
});

/** Runs a program with the built library's address as `library`, with Node's own `flags`. */
function run(program: string, flags: readonly string[]): { stdout: string; stderr: string } {
  const library = JSON.stringify(new URL('src/index.js', DIST).href);
  const text = `const { createHost } = await import(${library});\n${program}`;
  return spawnSync(process.execPath, [...flags, '--input-type=module', '--eval', text], { encoding: 'utf8' });
}

/** Node's permission model makes the constructor of Worker throw. */
test('a platform that refuses to make workers', () => {
  const program = `
    const { running, reason } = (await createHost({ memory: '16M', scanners: 3 })).scanners;
    console.log(JSON.stringify({ running, reason }));`;
  const flags = ['--experimental-permission', `--allow-fs-read=${fileURLToPath(DIST)}*`, '--no-warnings'];
  const { stdout, stderr } = run(program, flags);
  expect(stderr).toBe('');
  const reason = expect.stringMatching(/The worker of ksm-wasm cannot be started: .*restricted/);
  expect(JSON.parse(stdout)).toEqual({ running: 1, reason });
});

test('where nobody listens, the warning is one of the process', () => {
  const program = `
    process.on('warning', ({ name, code, message }) => console.log(JSON.stringify({ name, code, message })));
    await createHost({ memory: '16M', scanners: 2, workerUrl: 'file:///nowhere/worker.js' });`;
  const { stdout, stderr } = run(program, []);
  const message = expect.stringMatching(/^Of 2 scanners .*file:\/\/\/nowhere\/worker\.js cannot be started/);
  expect(JSON.parse(stdout)).toEqual({ name: 'KsmWarning', code: 'KSM_SCANNERS', message });
  expect(stderr).toMatch(/\[KSM_SCANNERS\] KsmWarning: Of 2 scanners/);
});

test('the program says so in its own words, once, and not with --quiet', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ksm-alone-'));
  try {
    cpSync(fileURLToPath(DIST), join(folder, 'dist'), { recursive: true });
    cpSync(fileURLToPath(new URL('../package.json', DIST)), join(folder, 'package.json'));
    rmSync(join(folder, 'dist/src/worker/node.js'));
    const image = join(folder, 'dist/build/engine.wasm');
    const scan = (...words: string[]) =>
      spawnSync(process.execPath, ['dist/src/cli/main.js', 'scan', '--scanners', '2', ...words, image], {
        cwd: folder,
        encoding: 'utf8',
      });
    const { status, stderr } = scan();
    expect(stderr).toMatch(/^ksm: Of 2 scanners that were asked for 1 run\. The worker [^\n]*\n$/);
    expect(status).toBe(0);
    expect(scan('--quiet')).toMatchObject({ status: 0, stderr: '' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
