/** A film that was written down as a trace: played, the engine keeps of it what survives. */
import { expect, it } from 'vitest';
import { FilmTrace } from '../../../src/cli/film-trace.ts';
import { Film } from '../../../src/film/film.ts';
import { keptAt } from '../../../src/film/kept.ts';
import { verdictOf } from '../../../src/film/verdict.ts';
import { type Operation, parseTrace, playTrace, type RecordingStep } from '../../../src/trace/index.ts';
import { Dice } from '../../support/dice.ts';

const [PASS, EVERY, OVER] = [1, 0.25, 120];
const PAGES = 40;
const PACE = { pages_to_scan: 20, sleep_millisecs: 20, smart_scan: false };
/** Passes after which all that is at rest is merged. */
const WARM_S = 4 * PASS;

/** Two sources, whose pages are equal at any time and are written at random, a quarter of them never. */
function play(interval: number, hear: (read: number, source: number, names: BigUint64Array) => void): number {
  const dice = new Dice(interval);
  const wait = (): number => -Math.log((dice.bits() + 0.5) / 2 ** 32) * interval;
  let content = 1n;
  const names = BigUint64Array.from({ length: PAGES }, () => content++);
  const due = Array.from({ length: PAGES }, (_, page) => (page % 4 === 0 ? Number.POSITIVE_INFINITY : wait()));
  let read = 0;
  for (let time = 0; time <= OVER; time = ++read * EVERY) {
    for (const [page, at] of due.entries()) {
      if (at > time) continue;
      names[page] = content++;
      due[page] = time + wait();
    }
    for (const source of [0, 1]) hear(read, source, names);
  }
  return read;
}

/** Pages that share frames, but one for each frame. */
const saved = ({ frames }: RecordingStep): number => frames.reduce((total, group) => total + group.length - 1, 0);

it.each([2, 5, 20])('keeps as much as survives, where pages are written every %d passes', async (interval) => {
  const [film, trace] = [new Film([PAGES, PAGES]), new FilmTrace()];
  let last = 0;
  const spansAt = (read: number) => [0, 1].map(() => ({ from: read * EVERY, to: read * EVERY }));
  const reads = play(interval, (read, source, names) => {
    if (read !== last) {
      if (last === 0) film.endFirst(spansAt(0));
      else film.endRead(spansAt(last), false);
      last = read;
    }
    film.see(source, 0, names);
    trace.see(read, source, 0, names);
  });
  const seen = film.endLast(spansAt(reads - 1));
  const { film: report } = verdictOf(seen, 2 * PAGES, PACE, PASS);
  const { operations } = trace.trace(report, PACE);
  const text = [{ op: 'trace', version: 1, name: 'film' }, ...operations]
    .map((line) => JSON.stringify(line))
    .join('\n');
  const parsed = parseTrace(text, 'film');
  let [scans, merged, looks] = [0, 0, 0];
  const batches = operations.filter(({ op }) => op === 'scan').length;
  let at = -1; // the header comes first
  for await (const line of playTrace(parsed)) {
    const operation: Operation | undefined = operations[at++];
    if (operation?.op !== 'scan') continue;
    scans++;
    if ((scans * OVER) / batches < WARM_S) continue;
    merged += saved(line as RecordingStep);
    looks++;
  }
  // Partners are half a pass apart, and all pages are alike at any time.
  const expected = keptAt(seen.saved, PASS, 1 / 2) / PAGES;
  expect(expected).toBeGreaterThan(0.25);
  expect(Math.abs(merged / looks / PAGES - expected)).toBeLessThan(0.05);
});
