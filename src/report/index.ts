/** Public face of the reports: what a scan found, as data, as a table, as JSON. */
export { buildReport } from './build.ts';
export { bytes, count, plural } from './format.ts';
export type { LoadedSource } from './frames.ts';
export { grid } from './grid.ts';
export { guess } from './guess.ts';
export { renderJson } from './json.ts';
export { machine } from './machine.ts';
export { renderTable } from './table.ts';
export type { PassReport, ScanReport, SourceReport } from './types.ts';
export { definitions, wrap } from './wrap.ts';
