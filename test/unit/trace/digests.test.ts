/**
 * Contents and digests against real memory: the digests in the golden recordings were computed from what processes read
 * on a Linux kernel. A model without any merging (a map from page to bytes) must come to the same ones, since merging
 * never changes what a process reads.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { contentPage, digest, digestText } from '../../../src/trace/content.ts';
import { readRecording, readTrace, recordingPath } from '../../../src/trace/files.ts';
import type { Operation } from '../../../src/trace/format.ts';

interface Page {
  readonly bytes: Uint8Array;
  readonly shared: boolean;
}

type Memory = Map<number, Page>;

function pageAt(memory: Memory, page: number): Page {
  const found = memory.get(page);
  if (found === undefined) throw new Error(`the model has no page ${page}`);
  return found;
}

function forked(parent: Memory): Memory {
  return new Map(
    [...parent].map(([page, held]) => [page, held.shared ? held : { ...held, bytes: held.bytes.slice() }]),
  );
}

function eachPage(operation: { page: number; pages: number }, act: (page: number) => void): void {
  for (let k = 0; k < operation.pages; k++) act(operation.page + k);
}

/** Does one operation to the memory of its process; a digest gives its text. */
function perform(memory: Memory, operation: Operation): string | undefined {
  if (operation.op === 'mmap') {
    const shared = operation.kind === 'shared';
    eachPage(operation, (page) => memory.set(page, { bytes: new Uint8Array(4096), shared }));
  } else if (operation.op === 'munmap') {
    eachPage(operation, (page) => memory.delete(page));
  } else if (operation.op === 'madvise' && operation.advice === 'DONTNEED') {
    eachPage(operation, (page) => {
      if (!pageAt(memory, page).shared) pageAt(memory, page).bytes.fill(0);
    });
  } else if (operation.op === 'fill') {
    for (const [k, content] of operation.contents.entries()) {
      pageAt(memory, operation.page + k).bytes.set(contentPage(content));
    }
  } else if (operation.op === 'poke') {
    new DataView(pageAt(memory, operation.page).bytes.buffer).setBigUint64(operation.offset, operation.value, true);
  } else if (operation.op === 'digest') {
    let h = 0n;
    eachPage(operation, (page) => {
      h = digest(h, pageAt(memory, page).bytes);
    });
    return digestText(h);
  }
  return undefined;
}

/** What every digest of a trace must be, undefined for the other operations. */
function modelDigests(operations: readonly Operation[]): (string | undefined)[] {
  const processes = new Map<string, Memory>();
  return operations.map((operation) => {
    if (operation.op === 'process') processes.set(operation.proc, new Map());
    if (!('proc' in operation)) return undefined;
    const memory = processes.get(operation.proc) ?? new Map();
    if (operation.op === 'fork') processes.set(operation.child, forked(memory));
    return perform(memory, operation);
  });
}

test('the kernel read what the model reads, in every golden recording', async () => {
  const folder = fileURLToPath(new URL('../../recordings/golden/', import.meta.url));
  let compared = 0;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.trace.jsonl'))) {
    const { operations } = await readTrace(folder + file);
    const [, ...steps] = await readRecording(recordingPath(folder + file));
    const results = steps.map((step) => ('result' in step ? step.result : undefined));
    const kernel = results.map((result) => (typeof result === 'string' ? result : undefined));
    expect(modelDigests(operations), file).toEqual(kernel);
    compared += kernel.filter((result) => result !== undefined).length;
  }
  expect(compared).toBeGreaterThan(300);
});
