/**
 * What the guests are made of: v86 from npm's registry, a BIOS, a kernel and a busybox from Debian's packages for i386, and the archive
 * that the kernel boots from.
 *
 * All of it goes to one folder, and nothing is installed: apt-get gets the lists of i386 packages there, too, so that the machine's own
 * architectures do not matter. Which mirror is asked is the machine's configuration.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { archiveOf, CHARACTER_DEVICE, type Entry, FILE, FOLDER, LINK } from '../../bench/guests/archive.ts';
import { Lacking, newest, run, unpack } from '../../bench/guests/debian.ts';

const HERE = 'examples/v86';
const KERNEL = 'linux-image-686';
const NEEDED =
  `The guests need Debian's packages ${KERNEL}, busybox-static and seabios for i386, apt-get and dpkg-deb to fetch and unpack them, ` +
  "and a mirror that has i386's kernels, as that of Debian 12.";

/** What boots a guest. */
export interface Parts {
  /** Folder of the emulator's package. */
  readonly emulator: string;
  readonly bios: Uint8Array;
  readonly videoBios: Uint8Array;
  readonly kernel: Uint8Array;
  readonly initramfs: Uint8Array;
}

/** The parts in `folder`, downloaded (some 60 MB) unless they are there. Throws Lacking, and says what, where they cannot be had. */
export function partsIn(folder: string): Parts {
  const root = resolve(folder, 'root');
  if (!existsSync(root)) unpack(download(resolve(folder)), root, NEEDED);
  const read = (path: string, pattern: RegExp): Uint8Array => readFileSync(newest([join(root, path)], pattern));
  return {
    emulator: emulatorIn(join(folder, 'emulator')),
    bios: read('usr/share/seabios', /^bios\.bin$/),
    videoBios: read('usr/share/seabios', /^vgabios-stdvga\.bin$/),
    kernel: read('boot', /^vmlinuz-/),
    initramfs: initramfsOf(read('bin', /^busybox$/)),
  };
}

/** Downloads the packages; returns the folder that they lie in. */
function download(folder: string): string {
  const archives = join(folder, 'packages');
  for (const each of [archives, join(folder, 'lists/partial'), join(folder, 'cache/archives/partial')])
    mkdirSync(each, { recursive: true });
  const options = [
    ...['APT::Architecture=i386', 'APT::Architectures::=i386', `Dir::State::lists=${join(folder, 'lists')}`],
    ...[`Dir::Cache=${join(folder, 'cache')}`, 'Debug::NoLocking=1', 'APT::Sandbox::User=root', 'Acquire::Retries=5'],
  ].flatMap((option) => ['-o', option]);
  console.log(`downloading Debian's ${KERNEL}, busybox-static and seabios …`);
  try {
    run('apt-get', ['update', '--quiet', ...options], NEEDED);
  } catch (error) {
    // One archive of several that cannot be had, as of security updates, keeps nobody out: what is missing is missed below.
    if (!(error instanceof Lacking)) throw error;
    console.log(error.message.split('\n', 1)[0]);
  }
  const depends = run('apt-cache', ['depends', ...options, KERNEL], NEEDED);
  const image = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (image === undefined) throw new Lacking(`${KERNEL} depends on no kernel.\n${NEEDED}`);
  run('apt-get', ['download', '--quiet', ...options, image, 'busybox-static', 'seabios'], NEEDED, archives);
  return archives;
}

/** Installs the emulator's package, as the lock file beside this file says. */
function emulatorIn(folder: string): string {
  const installed = join(folder, 'node_modules/v86');
  if (existsSync(installed)) return installed;
  mkdirSync(folder, { recursive: true });
  for (const name of ['package.json', 'package-lock.json'])
    copyFileSync(join(HERE, 'emulator', name), join(folder, name));
  console.log('downloading v86 …');
  run('npm', ['ci', '--no-audit', '--no-fund'], 'The guests run in v86, from the registry that npm asks.', folder);
  return installed;
}

/** Not compressed: unpacking would take the emulated kernel some seconds. */
function initramfsOf(busybox: Uint8Array): Uint8Array {
  const folder = (name: string): Entry => ({ name, mode: FOLDER + 0o755 });
  return archiveOf([
    ...['bin', 'dev', 'proc', 'tmp'].map(folder),
    { name: 'dev/console', mode: CHARACTER_DEVICE + 0o600, device: { major: 5, minor: 1 } },
    { name: 'bin/busybox', mode: FILE + 0o755, bytes: busybox },
    { name: 'bin/sh', mode: LINK + 0o777, bytes: Buffer.from('busybox') },
    { name: 'init', mode: FILE + 0o755, bytes: readFileSync(join(HERE, 'init.sh')) },
  ]);
}
