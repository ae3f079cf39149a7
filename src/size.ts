/** Sizes as people write them. */
import { KsmError } from './errors.ts';
import { shown } from './validate.ts';

const UNITS: Record<string, number> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** Bytes of "4096", "512M", "1.5G", "64KiB": a number and a power of 1024. EINVAL for anything else. */
export function parseBytes(text: string): number {
  const parts = /^(\d+(?:\.\d+)?)([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  const bytes = parts === null ? Number.NaN : Number(parts[1]) * (UNITS[(parts[2] ?? '').toLowerCase()] ?? Number.NaN);
  if (Number.isSafeInteger(Math.round(bytes)) && Math.round(bytes) > 0) return Math.round(bytes);
  throw new KsmError(
    'EINVAL',
    `${shown(text)} is not a size; expected bytes or a number with a unit, such as 512M or 1.5G.`,
  );
}
