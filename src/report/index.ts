/** Public face of the reports: what a scan found, as data, as a table, as JSON. */
export { buildReport, type ScanFacts } from './build.ts';
export { bytes, count, percent, plural, seconds } from './format.ts';
export type { LoadedSource } from './frames.ts';
export { grid } from './grid.ts';
export { type Guess, type GuessKind, guess } from './guess.ts';
export { renderJson } from './json.ts';
export { machine } from './machine.ts';
export { renderTable, type TableOptions } from './table.ts';
export type {
  ContentReport,
  MachineReport,
  OptionsReport,
  PassReport,
  ScanReport,
  SourceReport,
} from './types.ts';
