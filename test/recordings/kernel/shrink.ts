/**
 * Makes a trace shorter as long as something remains true of it: drops operations, many at once, then single ones.
 */
import { KsmError } from '../../../src/errors.ts';
import { type Operation, parseTrace, type Trace } from '../../../src/trace/index.ts';

/** Replays are slow: a trace that needs more of them stays as it is by then. */
const MOST_TRIALS = 400;

/** A trace in its file format. Integers that JSON would round are written with all their digits. */
export function traceText({ name, operations }: Trace): string {
  const line = (value: object): string =>
    JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item)).replace(
      /"(\d+)n"/g,
      '$1',
    );
  return `${[{ op: 'trace', version: 1, name }, ...operations].map(line).join('\n')}\n`;
}

/** Without a process's start, what it does is no trace. */
function isLegal(trace: Trace): boolean {
  try {
    parseTrace(traceText(trace), trace.name);
    return true;
  } catch (error) {
    if (error instanceof KsmError) return false;
    throw error;
  }
}

/** The shortest trace that was found for which `holds` is true; it is taken to be true of `trace`. */
export async function shrink(trace: Trace, holds: (shorter: Trace) => Promise<boolean>): Promise<Trace> {
  let operations: readonly Operation[] = trace.operations;
  let trials = 0;
  for (let chunk = Math.ceil(operations.length / 2); chunk >= 1; ) {
    let dropped = false;
    for (let at = operations.length - chunk; at > -chunk && trials < MOST_TRIALS; at -= chunk) {
      const from = Math.max(at, 0);
      const shorter = { ...trace, operations: operations.toSpliced(from, at + chunk - from) };
      if (!isLegal(shorter)) continue;
      trials++;
      if (!(await holds(shorter))) continue;
      operations = shorter.operations;
      dropped = true;
    }
    if (chunk === 1 && !dropped) break;
    chunk = chunk === 1 ? 1 : Math.floor(chunk / 2);
    if (trials >= MOST_TRIALS) break;
  }
  return { ...trace, operations };
}
