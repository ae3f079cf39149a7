/** Dumps of one guest at several times: what the command line says of them, and the sources that they are. */
import { stat } from 'node:fs/promises';
import { KsmError } from '../errors.ts';
import { type ImageOptions, openImage, type PageSource } from '../image/index.ts';
import { printable } from '../printable.ts';

/** A dump, and the second at which it was made, if that was said. */
interface Dump {
  readonly path: string;
  readonly at: number | undefined;
}

export interface Series {
  readonly name: string;
  readonly dumps: readonly Dump[];
  /** Seconds of any clock, ascending; filled in when the dumps are opened. */
  readonly times: number[];
}

/** Splits "NAME=A,B@30,…". */
export function seriesOf(text: string): Series {
  const equals = text.indexOf('=');
  const dumps = text
    .slice(equals + 1)
    .split(',')
    .map(dumpOf);
  const timed = dumps.filter(({ at }) => at !== undefined).length;
  if (equals < 1 || dumps.length < 2 || dumps.some(({ path }) => path === '')) {
    throw new KsmError(
      'EUSAGE',
      `--series ${text}: expected NAME=A,B,… with two dumps or more, such as web=one.img,two.img.`,
    );
  }
  if (timed > 0 && timed < dumps.length) {
    throw new KsmError('EUSAGE', `--series ${text}: expected @SECONDS behind all dumps, or behind none.`);
  }
  return { name: text.slice(0, equals), dumps, times: [] };
}

function dumpOf(text: string): Dump {
  const [, path = text, at] = /^(.*)@(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  return { path, at: at === undefined ? undefined : Number(at) };
}

/** The sources, in the order of their dumps. Each has the same pages, and a time behind that of the one before. */
export async function openSeries({ name, dumps, times }: Series, options: ImageOptions): Promise<PageSource[]> {
  const sources: PageSource[] = [];
  for (const { path, at } of dumps) {
    const [source, ...others] = await openImage(path, options);
    if (source === undefined || others.length > 0) {
      throw unfit(
        name,
        `${printable(path)} has several address spaces, and a series is of one: name one of them, as FILE#NAME`,
      );
    }
    const first = sources[0];
    if (!source.isRepeatable) throw unfit(name, `${printable(path)} is a pipe, and dumps are files`);
    if (first !== undefined && layoutOf(source) !== layoutOf(first)) {
      throw unfit(
        name,
        `${printable(path)} has not the same pages as ${first.name}: it is of another guest, or has other holes ` +
          '(--holes zero counts them)',
      );
    }
    const time = at ?? (await mtimeOf(path)) / 1000;
    const before = times.at(-1);
    if (before !== undefined && time <= before) {
      throw unfit(name, `${printable(path)} is not later than the dump before it; give times: A@0,B@30`);
    }
    sources.push(source);
    times.push(time);
  }
  return sources;
}

/** Of FILE, also where that is FILE#NAME. */
async function mtimeOf(path: string): Promise<number> {
  const { mtimeMs } = await stat(path).catch(() => stat(path.slice(0, path.lastIndexOf('#'))));
  return mtimeMs;
}

function layoutOf({ ranges }: PageSource): string {
  return ranges.map(({ page, pages, address }) => [page, pages, address].join(':')).join();
}

function unfit(name: string, why: string): KsmError {
  return new KsmError('EINVAL', `--series ${printable(name)}: ${why}.`);
}
