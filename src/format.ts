/** How numbers and foreign strings look in a report for people. Pure functions; no locale, so that output is the same everywhere. */

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Bytes with three or four digits and a binary unit: "312.4 MiB", "-64 B". */
export function bytes(value: number): string {
  if (Math.abs(value) < 1024) return `${value} B`;
  let scaled = value / 1024;
  let unit = 0;
  // 1023.95 would be rounded to "1024.0", so the next unit begins there.
  while (Math.abs(scaled) >= 1023.95 && unit < UNITS.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return `${scaled.toFixed(1)} ${UNITS[unit]}`;
}

/** A whole number with a comma between thousands: "1,234,567". */
export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A share in whole percent: "26 %"; what is more than nothing but rounds to it is "<1 %". */
export function percent(part: number, whole: number): string {
  if (whole === 0 || part <= 0) return '0 %';
  const value = (part / whole) * 100;
  return value < 0.5 ? '<1 %' : `${Math.round(value)} %`;
}

/** Seconds, with as many digits as are of use: "0.3 ms", "41 ms", "1.24 s", "83 s". */
export function seconds(value: number): string {
  if (value > 0 && value < 0.00995) return `${(value * 1000).toFixed(1)} ms`;
  if (value < 0.9995) return `${Math.round(value * 1000)} ms`;
  return value < 9.995 ? `${value.toFixed(2)} s` : `${count(value)} s`;
}

/** A rate or another large number, short: "950", "12.3 thousand", "4.56 million". */
export function large(value: number): string {
  if (value < 1000) return count(value);
  return value < 999_950 ? `${(value / 1000).toFixed(1)} thousand` : `${(value / 1e6).toFixed(2)} million`;
}

/** One unit takes the singular: "1 page", "2 pages". */
export function plural(value: number, word: string): string {
  return `${count(value)} ${word}${value === 1 ? '' : word.endsWith('s') ? 'es' : 's'}`;
}

/** Shortens to at most `width` characters with an ellipsis in the middle: the ends of paths tell more than their middle. */
export function shorten(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  const head = Math.ceil((width - 1) / 3);
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (width - 1 - head)).join('')}`;
}

/** Shortens to at most `width` characters at the end: a description begins with what matters. */
export function clip(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join('')}…`;
}
