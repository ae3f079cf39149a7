/** A report for programs: one JSON object, indented so that a person can read it, too. */
import { json } from '../printable.ts';
import type { ScanReport } from './types.ts';

/** The report as JSON text with a final newline. */
export function renderJson(report: ScanReport): string {
  return `${json(report, 2)}\n`;
}
