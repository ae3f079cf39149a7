/** `ksm record` as a user runs it, as far as that needs no kernel with KSM: what it refuses, and how it says so. */
import { chmodSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { Folder, ksm } from '../../support/program.ts';

const TRACE = '{"op":"trace","version":1,"name":"t"}\n';

const folder = new Folder();
// Also for the user without rights.
chmodSync(folder.path, 0o755);
afterAll(() => folder.remove());

describe('ksm record', () => {
  test('needs a trace', async () => {
    const { code, stdout, stderr } = await ksm(['record']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^ksm: which trace\?/);
  });

  test('writes files only for traces that are named so, and one for each', async () => {
    const odd = await ksm(['record', '--output', folder.path, folder.file('odd.jsonl', TRACE)]);
    expect(odd.code).toBe(2);
    expect(odd.stderr).toContain('NAME.trace.jsonl');
    const trace = folder.file('t.trace.jsonl', TRACE);
    const twice = await ksm(['record', '--output', folder.path, trace, trace]);
    expect(twice.code).toBe(2);
    expect(twice.stderr).toContain('t.recording.jsonl');
  });

  test('reads all traces before it plays the first', async () => {
    const good = folder.file('good.trace.jsonl', TRACE);
    const missing = await ksm(['record', good, `${folder.path}/none.trace.jsonl`]);
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toContain('there is no such file');
    const bad = await ksm(['record', good, folder.file('bad.trace.jsonl', `${TRACE}{"op":"dance"}\n`)]);
    expect(bad).toMatchObject({ code: 1, stdout: '' });
    expect(bad.stderr).toContain('bad.trace.jsonl:2: field "op"');
  });

  test('is for users with rights, or says what is missing', async () => {
    const { code, stdout, stderr } = await ksm(['record', folder.file('u.trace.jsonl', TRACE)], { unprivileged: true });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/needs root|CONFIG_KSM|only on Linux/);
  });
});
