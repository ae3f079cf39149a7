/**
 * QEMU, a kernel and a busybox, from Debian's packages, in a folder of their own: nothing is installed.
 *
 * apt-get downloads the packages with whatever they need that this machine lacks, and dpkg-deb unpacks them. Neither needs root.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const PACKAGES: readonly string[] = ['qemu-system-x86', 'linux-image-cloud-amd64', 'busybox-static'];

/** What boots a guest; all paths are absolute. */
export interface Tools {
  readonly qemu: string;
  /** Arguments that tell QEMU where its firmware is. */
  readonly firmware: readonly string[];
  /** Where the libraries are that QEMU wants. */
  readonly libraries: string;
  readonly kernel: string;
  /** The kernel's modules. */
  readonly modules: string;
  readonly busybox: string;
}

/**
 * The tools in `folder`, downloaded (some 45 MB) unless they are there.
 *
 * Throws an Error that names the packages where they cannot be had.
 */
export function toolsIn(folder: string): Tools {
  const root = resolve(folder, 'root');
  if (!existsSync(root)) unpack(download(folder), root);
  // What the machine has installed was not downloaded a second time.
  const find = (path: string, pattern: RegExp): string => newest([join(root, path), join('/', path)], pattern);
  const kernel = find('boot', /^vmlinuz-.*-cloud-amd64$/);
  const release = kernel.slice(kernel.indexOf('vmlinuz-') + 'vmlinuz-'.length);
  return {
    qemu: find('usr/bin', /^qemu-system-x86_64$/),
    firmware: ['qemu', 'seabios'].flatMap((name) => ['-L', join(root, 'usr/share', name)]),
    libraries: ['usr/lib', 'lib'].map((path) => join(root, path, 'x86_64-linux-gnu')).join(':'),
    kernel,
    modules: find('lib/modules', new RegExp(`^${release}$`)),
    busybox: find('bin', /^busybox$/),
  };
}

/** Downloads the packages; returns the folder that they lie in. */
function download(folder: string): string {
  const archives = resolve(folder, 'packages');
  mkdirSync(join(archives, 'partial'), { recursive: true });
  console.log(`downloading ${PACKAGES.join(', ')} …`);
  const options = [`Dir::Cache::archives=${archives}`, 'Debug::NoLocking=1', 'APT::Sandbox::User=root'];
  run('apt-get', [
    ...['install', '--download-only', '--reinstall', '--no-install-recommends', '--yes', '--quiet'],
    ...options.flatMap((option) => ['-o', option]),
    ...PACKAGES,
  ]);
  return archives;
}

/** All or nothing: the folder has its name once everything is in it. */
function unpack(archives: string, root: string): void {
  const part = `${root}.part`;
  rmSync(part, { recursive: true, force: true });
  for (const name of readdirSync(archives)) {
    if (name.endsWith('.deb')) run('dpkg-deb', ['--extract', join(archives, name), part]);
  }
  renameSync(part, root);
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status === 0) return;
  const needed = `Guests need Debian's packages ${PACKAGES.join(' ')}, on amd64, and apt-get and dpkg-deb to fetch and unpack them.`;
  const remedy = 'Run "apt-get update" as root and try again.';
  throw new Error(`${program} failed: ${(stderr ?? String(error)).trim()}\n${needed} ${remedy}`, { cause: error });
}

/** The last by name of the files that match, in the first of the folders that has any. */
function newest(folders: readonly string[], pattern: RegExp): string {
  for (const folder of folders) {
    const names = existsSync(folder) ? readdirSync(folder).filter((name) => pattern.test(name)) : [];
    const name = names.sort().at(-1);
    if (name !== undefined) return join(folder, name);
  }
  throw new Error(
    `${pattern} is in none of ${folders.join(', ')}. Remove the folder that packages were unpacked to, and try again.`,
  );
}
