/** Films of memory: pure arithmetic over what several reads of the same pages show. */
export { Film, type Span } from './film.ts';
export { MOST_READS, type Pace, passSeconds, type Schedule, scheduleOf, smartPassSeconds } from './pace.ts';
export { type FilmKept, type FilmReport, type Verdict, verdictOf } from './verdict.ts';
