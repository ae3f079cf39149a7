/**
 * A small app, bundled for the browser by each of the usual bundlers and run in Chromium: two scanners really scan, ksmd really
 * merges, and nothing is in the bundle that is made for Node.js or for debugging.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, inject, test } from 'vitest';
import { layout } from '../../../src/engine/index.ts';
import { ISOLATED, serve } from '../browser/serve.ts';
import { chromiumFor, reportOf } from '../browser/visit.ts';
import { installed } from './tools.ts';

const APP = fileURLToPath(new URL('app', import.meta.url));
const app = inject('app');

/** Two guests with 200 pages of five contents each: five frames stay, and 395 pages share them. */
const REPORT = {
  warnings: [],
  scanning: 2,
  helped: 3,
  beside: 2,
  pages_shared: 5,
  pages_sharing: 395,
  oneFrame: true,
  bytes: [99, 1, 1, 1],
};

/** Words that the package keeps to itself, and with which the page asks the helpers for work. */
const { JOB_CHUNKS_SHIFT, JOB_NUMBER_SHIFT, LINUX_JOB, LINUX_JOB_BELL, LINUX_JOB_DONE } = layout;
const WORDS = JSON.stringify({ JOB_CHUNKS_SHIFT, JOB_NUMBER_SHIFT, LINUX_JOB, LINUX_JOB_BELL, LINUX_JOB_DONE });

/** A folder with the app, whose main file is `main`. */
function sourceFor(bundler: string, main: string): string {
  const source = join(app, `${bundler}-${main}`);
  mkdirSync(source, { recursive: true });
  cpSync(join(APP, 'run.js'), join(source, 'run.js'));
  writeFileSync(join(source, 'page.html'), readFileSync(join(APP, 'page.html'), 'utf8').replace('WORDS', WORDS));
  cpSync(join(APP, main), join(source, 'app.js'));
  return source;
}

/** The app bundled: the folder with the page. */
function bundled(bundler: string, main: string): string {
  const source = sourceFor(bundler, main);
  const out = join(source, 'out');
  if (existsSync(out)) return out;
  execFileSync(process.execPath, [join(installed('tools'), 'build.js'), bundler, source, out], { stdio: 'inherit' });
  return out;
}

describe.each([
  ['vite', 'main.js'],
  ['vite', 'vite-url.js'],
  ['vite-module-workers', 'main.js'],
  ['webpack', 'main.js'],
  ['esbuild', 'told.js'],
  ['rollup', 'told.js'],
])('%s, %s', (bundler, main) => {
  test('two scanners scan and ksmd merges, in Chromium', async (context) => {
    const chromium = chromiumFor(context);
    const root = pathToFileURL(`${bundled(bundler, main)}/`);
    const site = await serve(ISOLATED, { root, paths: /^\/[\w./-]+$/ });
    expect(await reportOf(chromium, site, '/page.html', context.signal)).toEqual(REPORT);
  });

  test('the bundle has one engine, which is not the debug build, and nothing of Node.js', () => {
    const out = bundled(bundler, main);
    const files = readdirSync(out, { recursive: true, encoding: 'utf8' });
    const engines = files.filter((name) => name.endsWith('.wasm')).map((name) => readFileSync(join(out, name)));
    expect(engines).toEqual([readFileSync(join(app, 'node_modules/ksm-wasm/dist/build/engine.wasm'))]);
    const scripts = files.filter((name) => name.endsWith('.js'));
    expect(scripts.length).toBeGreaterThan(1);
    for (const name of scripts) {
      const text = readFileSync(join(out, name), 'utf8');
      expect(text, name).not.toMatch(/["'`]node:|worker_threads|build\/engine\.debug|data:(application|text)\//);
    }
  });
});

test("Vite's own server, which bundles dependencies beforehand", async (context) => {
  const chromium = chromiumFor(context);
  const site = await serve(ISOLATED); // for the report alone
  const words = [join(installed('tools'), 'serve.js'), sourceFor('vite-server', 'main.js'), site.origin];
  const server = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(server, 'close');
  try {
    const [line] = (await Promise.race([once(server.stdout, 'data'), ended])) as [Buffer];
    const origin = line.toString().trim();
    expect(origin).toMatch(/^http:/);
    expect(await reportOf(chromium, { ...site, origin }, '/page.html', context.signal)).toEqual(REPORT);
  } finally {
    server.kill();
    await ended;
  }
});
