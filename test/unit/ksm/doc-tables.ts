/** The tables of settings and counters as docs/sysfs.md has them. */
import type { CounterRow } from '../../../assembly/layout/counters.ts';
import type { SettingRow } from '../../../assembly/layout/settings.ts';

const rowOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [heads, heads.map(() => '---'), ...rows].map(rowOf).join('\n');
}

const rangeOf = ({ least, most, takes }: SettingRow): string =>
  takes || `${least} to ${most === 0 ? '2^64 - 1' : most}`;

/** The number of a word is its place among the words. */
const initialOf = ({ parser, initial, takes }: SettingRow): string =>
  parser === 'sysfs_streq' ? (takes.split(' or ')[initial] ?? '') : `${initial}`;

function settingsTable(settings: readonly SettingRow[]): string {
  const files = settings.filter(({ parser }) => parser !== '');
  return table(
    ['file', 'decides', 'takes', 'default', 'since Linux'],
    files.map((row) => [`\`${row.name}\``, row.is, rangeOf(row), initialOf(row), row.since]),
  );
}

function countersTable(counters: readonly CounterRow[], whose: string): string {
  return table(
    ['counter', 'counts', 'total', 'since Linux'],
    counters
      .filter((row) => row.whose === whose)
      .map(({ name, counts, isTotal, since }) => [`\`${name}\``, counts, isTotal ? 'yes' : '', since]),
  );
}

/** The text of a page, each table between its two comments as it should be. */
export function withTables(text: string, settings: readonly SettingRow[], counters: readonly CounterRow[]): string {
  return text.replace(/<!-- table: (\w+) -->\n[\s\S]*?<!-- end -->/g, (_, name: string) => {
    const written = name === 'settings' ? settingsTable(settings) : countersTable(counters, name);
    return `<!-- table: ${name} -->\n${written}\n<!-- end -->`;
  });
}
