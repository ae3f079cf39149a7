/**
 * The built library in a browser, with Web Workers: it starts them, they take part, and nobody can tell from the results. What
 * happens there is compared with the same story in Node and with what the story itself remembers.
 */
import { describe, expect, type TestContext, test } from 'vitest';
import { createHost, type HostOptions } from '../../../src/index.ts';
import type { Beside } from './beside.ts';
import type { Outcome, Start, Task } from './page.ts';
import { ISOLATED, serve } from './serve.ts';
import { play, type Story } from './story.ts';
import { chromiumFor, reportOf } from './visit.ts';

/** Options of a host as JSON: "wasm" is a path. */
type PageOptions = Omit<HostOptions, 'wasm'> & { readonly wasm?: string };

interface Visit<Value> {
  readonly outcomes: readonly Outcome<Value>[];
  readonly requests: readonly string[];
}

/** Lets a page do a task with each of `hosts`; `headers` come with all that it loads. */
async function visit<Value>(
  context: TestContext,
  task: Task,
  hosts: readonly PageOptions[],
  headers: Readonly<Record<string, string>> = ISOLATED,
): Promise<Visit<Value>> {
  const chromium = chromiumFor(context);
  const site = await serve(headers);
  const query = new URLSearchParams({ task, hosts: JSON.stringify(hosts) });
  const outcomes = await reportOf<Outcome<Value>[]>(
    chromium,
    site,
    `/test/platforms/browser/page.html?${query}`,
    context.signal,
  );
  return { outcomes, requests: site.requests };
}

/** The story of one thread in Node. */
async function expectedStory(options: HostOptions): Promise<Story> {
  const story = await play(createHost, options);
  expect(story.bytes).toEqual(story.written);
  return story;
}

describe.each([
  { index: 'hash', checksum: 'keyed' },
  { index: 'content', checksum: 'xxh64' },
] as const)('$index order', (order) => {
  test('one and two scanners do in a browser what one does in Node', async (context) => {
    const hosts = [1, 2].map((scanners) => ({ ...order, scanners }));
    const { outcomes } = await visit<Story>(context, 'play', hosts);
    const expected = await expectedStory(order);
    for (const counter of ['full_scans', 'pages_sharing', 'pages_unshared', 'ksm_zero_pages'] as const)
      expect(expected.chapters.at(-1)?.counters[counter], counter).toBeGreaterThan(0);
    expect(outcomes).toEqual([{ value: expected }, { value: { ...expected, running: 2 } }]);
  });
});

test('helpers hear of a job through the memory alone', async (context) => {
  const { outcomes, requests } = await visit<number>(context, 'helpersAlone', [{ memory: '16M', scanners: 3 }]);
  expect(outcomes).toEqual([{ value: 5 }]);
  expect(requests.filter((path) => path === '/dist/src/worker/web.js')).not.toEqual([]);
});

test.for([1, 2])('ksmd beside a guest of the page, and its death, with %i threads', async (scanners, context) => {
  const { outcomes, requests } = await visit<Beside>(context, 'beside', [{ memory: '64M', scanners }]);
  const state = { pages_shared: 7, pages_sharing: 393 };
  const death = { code: 'EIO', deaths: 1, running: false };
  expect(outcomes).toEqual([{ value: { scanners, wrong: [], broken: true, state, death, again: state } }]);
  expect(requests).toContain('/dist/src/worker/web.js');
});

test('a browser loads nothing that is made for Node', async (context) => {
  const { outcomes, requests } = await visit<Start>(context, 'start', [{ memory: '16M', scanners: 2 }]);
  expect(outcomes).toEqual([{ value: { running: 2 } }]);
  expect(requests).toContain('/dist/build/engine.wasm');
  expect(requests.filter((path) => /\/(image|cli|kernel|trace|report)\/|\/node\.js/.test(path))).toEqual([]);
});

test('option wasm is where the binary comes from', async (context) => {
  const hosts = ['/dist/build/engine.wasm?mine', '/dist/build/none.wasm'].map((wasm) => ({ memory: '16M', wasm }));
  const { outcomes, requests } = await visit<Start>(context, 'start', hosts);
  expect(outcomes).toEqual([
    { value: { running: 1 } },
    { error: { code: 'ENOENT', message: expect.stringMatching(/none\.wasm cannot be fetched \(HTTP 404\).*"wasm"/) } },
  ]);
  expect(requests).toContain('/dist/build/engine.wasm?mine');
  expect(requests).not.toContain('/dist/build/engine.wasm');
});

test.for([1, 2])('without isolation, %i scanners: the error names the headers', async (scanners, context) => {
  const { outcomes } = await visit<Start>(context, 'start', [{ memory: '16M', scanners }], {});
  expect(outcomes).toHaveLength(1);
  expect(outcomes[0]?.error?.code).toBe('EINVAL');
  for (const [name, value] of Object.entries(ISOLATED))
    expect(outcomes[0]?.error?.message).toContain(`${name}: ${value}`);
});

test('a page that may not start workers scans alone, and says why', async (context) => {
  const headers = { ...ISOLATED, 'Content-Security-Policy': "worker-src 'none'" };
  const { outcomes } = await visit<Start>(context, 'start', [{ memory: '16M', scanners: 3 }], headers);
  expect(outcomes).toEqual([
    {
      value: {
        running: 1,
        reason: expect.stringMatching(/^The worker of ksm-wasm cannot be started: .*"ksm-wasm\/worker" is/),
      },
    },
  ]);
});

test('a page brings no debug build and no engine over names along, and loads one that it is told of', async (context) => {
  const hosts = [
    { memory: '16M', debug: true },
    { memory: '16M', debug: true, wasm: '/dist/build/engine.debug.wasm' },
    { memory: '16M', page: 'names' },
    { memory: '16M', page: 'names', wasm: '/dist/build/engine.names.wasm' },
  ] as const;
  const { outcomes } = await visit<Start>(context, 'start', hosts);
  expect(outcomes).toEqual([
    { error: { code: 'EINVAL', message: expect.stringContaining('"wasm" where "ksm-wasm/engine.debug.wasm"') } },
    { value: { running: 1 } },
    { error: { code: 'EINVAL', message: expect.stringContaining('"wasm" where "ksm-wasm/engine.names.wasm"') } },
    { value: { running: 1 } },
  ]);
});
