/**
 * Samples of contents beside the truth: mixes of pages, of which it is known without any scan what KSM makes of them, and how often
 * the truth is within the bounds that a sample gives.
 *
 * Linux merges n equal pages, 256 to a frame: of a content with n pages, one alone at the end is unshared.
 */
import { figuresOf } from '../../src/report/index.ts';
import { Dice } from './dice.ts';
import { namesBy, scanNamed } from './named-sources.ts';

/** By source: the contents of its pages. */
export type Mix = readonly (readonly number[])[];

const SHARING_MAX = 256;
/** Pages that the scan may hold: a part of those of every mix. */
const ROOM = { whole: 2500, sampled: 1200 };

/** Two sources of pages that are nobody else's, that some pages share, and that very many share, in the first source or in both. */
export const MIXES: Readonly<Record<string, Mix>> = {
  'most are unique': mixOf('unique', { unique: 6000, shared: 200, heavy: 2, zero: 300 }),
  'most are shared': mixOf('shared', { unique: 500, shared: 1200, heavy: 3, zero: 0 }),
  'a few have most': mixOf('heavy', { unique: 1500, shared: 300, heavy: 9, zero: 1500 }),
};

interface Parts {
  readonly unique: number;
  /** Contents of 2 to 16 pages. */
  readonly shared: number;
  /** Contents of 300 pages. */
  readonly heavy: number;
  /** Pages of zeros. */
  readonly zero: number;
}

function mixOf(seed: string, { unique, shared, heavy, zero }: Parts): Mix {
  const dice = new Dice(seed);
  let content = 0;
  const pages: number[] = Array(zero).fill(0);
  const add = (contents: number, of: () => number): void => {
    for (let i = 0; i < contents; i++) pages.push(...Array(of()).fill(++content));
  };
  add(unique, () => 1);
  add(shared, () => dice.between(2, 16));
  add(heavy, () => 300);
  for (let at = pages.length - 1; at > 0; at--) {
    const other = dice.below(at + 1);
    [pages[at], pages[other]] = [pages[other] as number, pages[at] as number];
  }
  const half = Math.floor(pages.length / 2);
  return [pages.slice(0, half), pages.slice(half)];
}

type Figures = Record<'saved_bytes' | 'shared' | 'sharing' | 'unshared', number>;

/** What KSM makes of the mix: of each source, and of all. */
export function truthOf(mix: Mix): { readonly whole: Figures; readonly rows: readonly Figures[] } {
  const rows = mix.map(() => ({ saved_bytes: 0, shared: 0, sharing: 0, unshared: 0 }));
  const sourcesOf = new Map<number, number[]>();
  for (const [source, contents] of mix.entries()) {
    for (const content of contents) sourcesOf.set(content, [...(sourcesOf.get(content) ?? []), source]);
  }
  for (const sources of sourcesOf.values()) {
    for (let first = 0; first < sources.length; first += SHARING_MAX) {
      const frame = sources.slice(first, first + SHARING_MAX).map((source) => rows[source] as Figures);
      const [owner, ...others] = frame as [Figures, ...Figures[]];
      if (others.length === 0) owner.unshared++;
      else owner.shared++;
      for (const row of others) {
        row.sharing++;
        row.saved_bytes += 4096;
      }
    }
  }
  const sum = (figure: keyof Figures): number => rows.reduce((total, row) => total + row[figure], 0);
  const whole = {
    saved_bytes: sum('saved_bytes'),
    shared: sum('shared'),
    sharing: sum('sharing'),
    unshared: sum('unshared'),
  };
  return { whole, rows };
}

/** How many of `draws` samples, each by other names, have the truth within their bounds: by figure, of the whole and of each source. */
export async function coverage(mix: Mix, draws: number): Promise<Record<string, number>> {
  const { whole, rows } = truthOf(mix);
  const inside: Record<string, number> = {};
  const judge = (figure: string, truth: number, [low, high]: readonly [number, number]): void => {
    inside[figure] = (inside[figure] ?? 0) + (low <= truth && truth <= high ? 1 : 0);
  };
  for (let draw = 0; draw < draws; draw++) {
    const name = namesBy(new Dice(`draw ${draw}`));
    const scanned = await scanNamed(
      mix.map((contents) => BigUint64Array.from(contents, name)),
      { room: ROOM },
    );
    using _ = scanned.engines;
    const { sample, ksm_stat } = figuresOf(scanned);
    if (sample === null || sample.pages > ROOM.sampled) throw new Error(`draw ${draw}: no sample, or too large a one`);
    const { saved_bytes, pages_shared, pages_sharing, pages_unshared } = sample.intervals;
    judge('saved_bytes', whole.saved_bytes, saved_bytes);
    judge('shared', whole.shared, pages_shared);
    judge('sharing', whole.sharing, pages_sharing);
    judge('unshared', whole.unshared, pages_unshared);
    for (const [source, { intervals }] of ksm_stat.entries()) {
      for (const [figure, bounds] of Object.entries(intervals ?? {})) {
        judge(`${figure} of source ${source}`, rows[source]?.[figure as keyof Figures] ?? Number.NaN, bounds);
      }
    }
  }
  return inside;
}
