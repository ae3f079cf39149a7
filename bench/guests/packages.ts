/**
 * QEMU, a kernel and a busybox, from Debian's packages, in a folder of their own: nothing is installed.
 *
 * apt-get downloads the packages with whatever they need that this machine lacks, and dpkg-deb unpacks them. Neither needs root.
 */

import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { newest, run, unpack } from './debian.ts';

const PACKAGES: readonly string[] = ['qemu-system-x86', 'linux-image-cloud-amd64', 'busybox-static'];

const NEEDED = `Guests need Debian's packages ${PACKAGES.join(' ')}, on amd64, and apt-get and dpkg-deb to fetch and unpack them.`;
const REMEDY = 'Run "apt-get update" as root and try again.';

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
  if (!existsSync(root)) unpack(download(folder), root, NEEDED);
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
  const options = [
    `Dir::Cache::archives=${archives}`,
    'Debug::NoLocking=1',
    'APT::Sandbox::User=root',
    'Acquire::Retries=5',
  ];
  const words = [
    ...['install', '--download-only', '--reinstall', '--no-install-recommends', '--yes', '--quiet'],
    ...options.flatMap((option) => ['-o', option]),
    ...PACKAGES,
  ];
  run('apt-get', words, `${NEEDED} ${REMEDY}`);
  return archives;
}
