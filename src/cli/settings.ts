/**
 * The scanner's settings for a scan: what `ksm scan` itself wants, then what the user gives with --set.
 *
 * Everything stays at the kernel's defaults but two files. `run` must be 1, or nothing is scanned. `smart_scan` is 0
 * unless the user sets it: with it, the scanner passes over pages that found no partner for up to eight passes, counts
 * them as volatile meanwhile, and can keep two equal pages apart for good if they came in at different times. A report
 * that ends when a pass changes nothing would then depend on when pages were loaded, and so on --memory.
 */
import { KsmError } from '../errors.ts';
import type { Host } from '../index.ts';
import { SETTINGS } from '../ksm/index.ts';

export interface Setting {
  readonly file: string;
  readonly value: string;
}

/** Splits "FILE=VALUE". */
export function parseSetting(text: string): Setting {
  const at = text.indexOf('=');
  if (at > 0) return { file: text.slice(0, at), value: text.slice(at + 1) };
  throw new KsmError('EUSAGE', `--set ${text}: expected FILE=VALUE, such as --set max_page_sharing=512.`);
}

/** Writes the settings in order; what the kernel would refuse is wrong usage, named with the kernel's errno. */
export function applySettings(host: Host, given: readonly Setting[]): void {
  host.ksm.write('run', '1');
  if (!given.some(({ file }) => file === 'smart_scan')) host.ksm.write('smart_scan', '0');
  for (const { file, value } of given) write(host, file, value);
  const run = host.ksm.read('run').trim();
  if (run !== '1') {
    throw new KsmError('EUSAGE', `--set run=${run}: the scanner scans only while run is 1 (EAGAIN); leave it alone.`);
  }
}

function write(host: Host, file: string, value: string): void {
  try {
    host.ksm.write(file, value);
  } catch (error) {
    if (!(error instanceof KsmError)) throw error;
    throw new KsmError('EUSAGE', `--set ${file}=${value}: ${error.code}: ${error.message}`, { cause: error });
  }
}

/** All settings as they read now: numbers where they are numbers, the chosen word where the file offers several. */
export function readSettings(host: Host): Record<string, string | number> {
  return Object.fromEntries(
    SETTINGS.map((file) => {
      const text = host.ksm.read(file).trim();
      const word = /\[(.+)\]/.exec(text)?.[1] ?? text;
      return [file, /^[0-9]+$/.test(word) ? Number(word) : word];
    }),
  );
}
