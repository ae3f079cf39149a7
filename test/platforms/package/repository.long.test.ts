/** The address of the repository is set in one place, and everything in the package that needs it follows. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SCRIPT = join(ROOT, 'scripts/repository.mjs');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ksm-repository-'));
  for (const file of ['package.json', 'README.md']) cpSync(join(ROOT, file), join(folder, file));
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
const manifest = (): Record<string, unknown> => JSON.parse(read('package.json'));

function repository(word: string): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, [SCRIPT, word], { cwd: folder, encoding: 'utf8' });
}

/** What a maintainer does: writes the address to the one place. */
function set(url: string): void {
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ ...manifest(), repository: { type: 'git', url } }, null, 2),
  );
}

/** Where the links and pictures of the README lead. */
const targets = (): string[] => [...read('README.md').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);

describe('the placeholder', () => {
  test('is in all three fields, and names a host that cannot exist', () => {
    const { homepage, bugs, repository } = manifest();
    for (const text of [homepage, bugs, (repository as { url: string }).url])
      expect(text).toMatch(/^(git\+)?https:\/\/repository\.invalid\/ksm-wasm/);
  });

  test('is packed as it is, with a word about it, and never published', () => {
    const before = [read('package.json'), read('README.md')];
    const { status, stderr } = repository('fill');
    expect(status).toBe(0);
    expect(stderr).toContain('repository.url is the placeholder');
    expect([read('package.json'), read('README.md')]).toEqual(before);
    expect(repository('expect')).toMatchObject({ status: 1, stderr: expect.stringContaining('repository.url') });
  });
});

describe.each([
  ['git+https://github.com/someone/ksm-wasm.git', 'https://github.com/someone/ksm-wasm', ''],
  ['https://github.com/someone/ksm-wasm', 'https://github.com/someone/ksm-wasm', ''],
  ['git@github.com:someone/ksm-wasm.git', 'https://github.com/someone/ksm-wasm', ''],
  ['github:someone/ksm-wasm', 'https://github.com/someone/ksm-wasm', ''],
  ['git+ssh://git@gitlab.com/group/ksm-wasm.git', 'https://gitlab.com/group/ksm-wasm', '/-'],
])('once it is %s', (url, page, way) => {
  test('homepage and bugs follow, and every link of the README leads to a file there', () => {
    const files = targets().filter((target) => !/^(https?:|#)/.test(target));
    expect(files.length).toBeGreaterThan(20);
    set(url);
    expect(repository('expect')).toMatchObject({ status: 0 });
    expect(repository('fill')).toMatchObject({ status: 0, stderr: '' });
    expect(manifest()).toMatchObject({ homepage: `${page}#readme`, bugs: `${page}/issues` });
    const own = targets().filter((target) => target.startsWith(page));
    expect(own).toHaveLength(files.length);
    expect(targets().filter((target) => !/^(https?:|#)/.test(target))).toEqual([]);
    for (const target of own) {
      const [, kind = '', path = ''] =
        /^\/(raw|tree|blob)\/HEAD\/([^#]+)/.exec(target.slice((page + way).length)) ?? [];
      expect(existsSync(join(ROOT, path)), target).toBe(true);
      expect(kind).toBe(path.endsWith('.svg') ? 'raw' : path.endsWith('/') ? 'tree' : 'blob');
    }
  });

  test('the checkout is afterwards as it was', () => {
    set(url);
    const before = [read('package.json'), read('README.md')];
    repository('fill');
    expect([read('package.json'), read('README.md')]).not.toEqual(before);
    expect(repository('fill')).toMatchObject({ status: 1, stderr: expect.stringContaining('cut off') });
    expect(repository('restore')).toMatchObject({ status: 0 });
    expect([read('package.json'), read('README.md')]).toEqual(before);
    expect(existsSync(join(folder, '.prepack'))).toBe(false);
  });
});

test('an address that is none is refused', () => {
  set('somewhere');
  expect(repository('fill')).toMatchObject({ status: 1, stderr: expect.stringContaining('"somewhere"') });
});
