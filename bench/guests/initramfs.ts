/**
 * What is in a guest: a part that all have, as machines from one installation do, and a part of its own.
 *
 * The kernel unpacks one archive after the other. Common: busybox, the kernel's modules of file systems and networks (some 45 MB, which
 * lie in memory as a page cache would), and bench/guests/init.sh. Its own: a host name, and data that one other guest has, too.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PAGE, writePage } from '../workloads.ts';
import { archiveOf, CHARACTER_DEVICE, type Entry, FILE, FOLDER, LINK } from './archive.ts';
import type { Tools } from './packages.ts';

const INIT = 'bench/guests/init.sh';
const MODULES: readonly string[] = ['fs', 'net'];
/** Pages of the data that two guests have. */
const PAIR_PAGES = 2048;

/** The part that all guests have. Works from the repository's root, as npm does. */
export function commonPart({ busybox, modules }: Tools): Buffer {
  const applets = ['sh', 'mount', 'hostname', 'awk', 'head', 'sleep', 'httpd', 'syslogd', 'ifconfig', 'poweroff'];
  const folders = ['bin', 'dev', 'proc', 'sys', 'tmp', 'etc', 'usr', 'usr/lib'].map(folder);
  return packed([
    ...folders,
    { name: 'dev/console', mode: CHARACTER_DEVICE + 0o600, device: { major: 5, minor: 1 } },
    { name: 'bin/busybox', mode: FILE + 0o755, bytes: readFileSync(busybox) },
    ...applets.map((name) => ({ name: `bin/${name}`, mode: LINK + 0o777, bytes: Buffer.from('busybox') })),
    { name: 'init', mode: FILE + 0o755, bytes: readFileSync(INIT) },
    ...MODULES.flatMap((name) => tree(join(modules, 'kernel', name), `usr/lib/${name}`)),
  ]);
}

/** The part of the guest with this number. */
export function ownPart(number: number, seed: number): Buffer {
  return packed([
    folder('own'),
    { name: 'own/hostname', mode: FILE + 0o644, bytes: Buffer.from(`guest-${number}\n`) },
    { name: 'own/pair', mode: FILE + 0o644, bytes: pairData(number >> 1, seed) },
  ]);
}

/** Random pages that depend on the pair and the seed. */
function pairData(pair: number, seed: number): Uint8Array {
  const words = new Uint32Array((PAIR_PAGES * PAGE) / 4);
  for (let page = 0; page < PAIR_PAGES; page++)
    writePage(words.subarray((page * PAGE) / 4, ((page + 1) * PAGE) / 4), 1 + pair * PAIR_PAGES + page, seed);
  return new Uint8Array(words.buffer);
}

function folder(name: string): Entry {
  return { name, mode: FOLDER + 0o755 };
}

/** A folder with all that lies in it, in alphabetical order. */
function tree(from: string, name: string): Entry[] {
  const children = readdirSync(from, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const entries = children.flatMap((child): Entry[] => {
    const [path, at] = [join(from, child.name), `${name}/${child.name}`];
    return child.isDirectory() ? tree(path, at) : [{ name: at, mode: FILE + 0o644, bytes: readFileSync(path) }];
  });
  return [folder(name), ...entries];
}

/** An archive as the kernel takes it: compressed, and padded so that another one can follow. */
function packed(entries: readonly Entry[]): Buffer {
  const archive = gzipSync(archiveOf(entries), { level: 1 });
  return Buffer.concat([archive, Buffer.alloc(-archive.length & 3)]);
}
