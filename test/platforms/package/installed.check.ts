/** The package as a user gets it: what is in it, that it runs where nothing else is, and what the judges of packages say. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, test } from 'vitest';
import { installed } from './tools.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const app = inject('app');
const home = join(app, 'node_modules/ksm-wasm');

interface Manifest {
  readonly version: string;
  readonly bin: Record<string, string>;
  readonly dependencies?: Record<string, string>;
}

const manifest: Manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
const files = readdirSync(home, { recursive: true, encoding: 'utf8', withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(home.length + 1));

/** The files of a folder of the repository, and not of those within it: examples/v86 needs the benches, which are in no package. */
function filesIn(folder: string): string[] {
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isFile() ? [entry.name] : []));
}

/** A program in the folder where the package is installed. No registry is asked. */
function run(program: string, ...words: string[]): { code: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, npm_config_offline: 'true', npm_config_yes: 'false' };
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: app, encoding: 'utf8', env });
  return { code: status, stdout, stderr };
}

function script(text: string): { code: number | null; stdout: string; stderr: string } {
  return run(process.execPath, '--input-type=module', '--eval', text);
}

describe('what is in the package', () => {
  test('no bench, no tests, no scripts, nothing that an older build has left', () => {
    expect(files.filter((file) => /(^|\/)(bench|test|scripts)\//.test(file))).toEqual([]);
    const compiled = files.filter((file) => /^dist\/(src|assembly)\/.*\.js$/.test(file));
    expect(compiled.length).toBeGreaterThan(80);
    for (const file of compiled) expect(existsSync(join(ROOT, file.slice(5).replace(/\.js$/, '.ts'))), file).toBe(true);
  });

  test('the program once, in files of its own: of what only it uses, no module is there besides', () => {
    const alone = files.filter((file) => /^dist\/src\/(cli|image|kernel|report|trace)\//.test(file)).sort();
    expect(alone).toEqual([
      'dist/src/cli/main.js',
      'dist/src/image/demo-worker.js',
      'dist/src/image/present.c',
      'dist/src/kernel/puppet.c',
    ]);
    for (const name of ['listen', 'thread', 'loader', 'scan', 'record'])
      expect(files).toContain(`dist/src/program/${name}.cjs`);
  });

  test('no source map, and no file that names one', () => {
    expect(files.filter((file) => file.endsWith('.map'))).toEqual([]);
    for (const file of files.filter((name) => /\.(c?js|wasm)$/.test(name)))
      expect(readFileSync(join(home, file), 'latin1'), file).not.toContain('sourceMappingURL');
  });

  test.each(['README.md', 'LICENSE', 'SECURITY.md', 'CHANGELOG.md', 'ARCHITECTURE.md', 'package.json'])(
    '%s',
    (file) => {
      expect(files).toContain(file);
    },
  );

  test('the engines, the examples, the documents, and every picture of the README', () => {
    for (const name of ['engine.wasm', 'engine.debug.wasm', 'engine.names.wasm', 'hash.wasm'])
      expect(files).toContain(`dist/build/${name}`);
    for (const folder of ['examples', 'docs'])
      for (const name of filesIn(folder)) expect(files).toContain(`${folder}/${name}`);
    expect(files.filter((file) => file.startsWith('examples/'))).toHaveLength(filesIn('examples').length);
    const pictures = [...readFileSync(join(home, 'README.md'), 'utf8').matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)];
    expect(pictures.length).toBeGreaterThan(0);
    for (const [, target = ''] of pictures) expect(files).toContain(target);
  });

  test('nothing to install besides', () => {
    expect(manifest.dependencies).toBeUndefined();
    expect(readdirSync(join(app, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['ksm-wasm']);
  });
});

describe('installed in an empty folder', () => {
  test.each([
    ['npx', 'ksm-wasm', '--version'],
    ['npx', 'ksm', '--version'],
    [join(app, 'node_modules/.bin/ksm-wasm'), '-V'],
    [join(app, 'node_modules/.bin/ksm'), '-V'],
  ])('%s %s', (program, ...words) => {
    expect(run(program, ...words)).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });

  test('both names are the one program', () => {
    expect(manifest.bin).toEqual({ ksm: 'dist/src/cli/main.js', 'ksm-wasm': 'dist/src/cli/main.js' });
  });

  test('a scan of files', () => {
    const image = join(home, 'dist/build/engine.wasm');
    const { code, stdout } = run('npx', 'ksm-wasm', 'scan', '--quiet', image, image);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^KSM would save .*\(50 %\)/);
  });

  test('a scan of processes that ksm starts, in several threads', () => {
    const { code, stdout } = run('npx', 'ksm-wasm', 'scan', '--quiet', '--json', '--passes', '1', '--scanners', '2');
    expect(code).toBe(0);
    const { ksm_stat, options } = JSON.parse(stdout);
    expect(ksm_stat).toHaveLength(4);
    expect(options.scanners).toBe(2);
  });

  test('ksm bench measures, with nothing of the benchmarks there', () => {
    const { code, stdout, stderr } = run('npx', 'ksm-wasm', 'bench', '--size', '4', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { rows } = JSON.parse(stdout);
    expect(rows).toHaveLength(8);
    for (const row of rows) expect(row.pages_per_s).toBeGreaterThan(0);
  });

  test('the library, by its name', () => {
    const { code, stdout, stderr } = script(`
      import { createHost } from 'ksm-wasm';
      const host = await createHost({ memory: '16M', scanners: 2 });
      console.log(host.scanners.running, host.limits.frames > 0);
      host[Symbol.dispose]();`);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '2 true\n', stderr: '' });
  });

  test('the debug build, where it is asked for', () => {
    const { stdout } = script(`
      import { createHost } from 'ksm-wasm';
      const { module } = (await createHost({ memory: '16M', debug: true })).share();
      console.log(WebAssembly.Module.customSections(module, 'name').length);`);
    expect(stdout).toBe('1\n');
  });

  test.each(filesIn('examples').filter((name) => !name.endsWith('.worker.js')))('example %s', (name) => {
    const { code, stdout, stderr } = run(process.execPath, join(home, 'examples', name));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toBe('');
  });

  test('every address that the package exports is a file', () => {
    const { stdout } = script(`
      const modules = ['engine', 'engine.debug', 'engine.names', 'hash'].map((name) => '/' + name + '.wasm');
      for (const name of ['', '/worker', '/layout', ...modules, '/package.json'])
        console.log(import.meta.resolve('ksm-wasm' + name));`);
    const found = stdout.trim().split('\n');
    expect(found).toHaveLength(8);
    for (const url of found) expect(existsSync(fileURLToPath(url)), url).toBe(true);
  });
});

describe('what the judges say', () => {
  /** What a judge says; that it has nothing against the package is checked. */
  function judge(name: string, words: readonly string[], cwd: string): string {
    const program = join(installed('tools'), 'node_modules/.bin', name);
    const { status, stdout, stderr } = spawnSync(program, words, { cwd, encoding: 'utf8' });
    expect(status, `${stdout}${stderr}`).toBe(0);
    return stdout;
  }

  test('publint: exports, files and types fit together', () => {
    expect(judge('publint', ['--strict', inject('tarball')], app)).toContain('All good');
  });

  // engine.wasm has no types and needs none: it is loaded, never imported. There is no CommonJS to have types.
  test('arethetypeswrong: every module resolution that can load ESM finds the right types', () => {
    // The form of the answer is named: left to itself, attw draws a table where CI is set and lists where it is not.
    const words = [
      '--profile',
      'esm-only',
      '--format',
      'ascii',
      '--exclude-entrypoints',
      'engine.wasm',
      'engine.debug.wasm',
      'engine.names.wasm',
      'hash.wasm',
    ];
    expect(judge('attw', [inject('tarball'), ...words], app).match(/bundler: 🟢/g)).toHaveLength(4);
  });

  test('knip: no file, export or dependency that nobody uses', () => {
    judge('knip', ['--treat-config-hints-as-errors'], ROOT);
  });

  test('size-limit: what a page loads is no larger than it was', () => {
    judge('size-limit', [], installed('tools'));
  });
});
