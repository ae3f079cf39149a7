/** Public face of the reports: what a scan found, as data, as a table, as JSON. */
export { buildReport } from './build.ts';
export { type Counted, figuresOf } from './figures.ts';
export { grid } from './grid.ts';
export { guess } from './guess.ts';
export { intervalOf } from './interval.ts';
export { renderJson } from './json.ts';
export { machine } from './machine.ts';
export { renderTable } from './table.ts';
export type { SampleReport, ScanReport, SourceReport } from './types.ts';
export { definitions, wrap } from './wrap.ts';
