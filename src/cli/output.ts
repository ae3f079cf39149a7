/**
 * Where the command line writes: results to stdout, everything else to stderr.
 *
 * A reader of stdout may leave early (`ksm scan | head -1`). That is no failure: writing then throws ClosedPipe, which
 * ends the program without a word.
 */
import process from 'node:process';

/** Characters of a line where nobody says how many there are, and the fewest that are of use. */
const DEFAULT_WIDTH = 80;
const LEAST_WIDTH = 40;

/** Whoever read stdout has gone. */
export class ClosedPipe extends Error {
  override readonly name: string = 'ClosedPipe';
}

/** Without a listener, a failed write would end the program with a stack trace besides rejecting print(). */
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

/** Writes a part of the result to stdout and waits until it is on its way. */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error === null || error === undefined) resolve();
      else reject('code' in error && error.code === 'EPIPE' ? new ClosedPipe() : error);
    });
  });
}

/** Writes one line about how things go, or went wrong, to stderr. */
export function say(text: string): void {
  process.stderr.write(`ksm: ${text}\n`);
}

/** Characters of a line of stdout, as the user says (COLUMNS) or its terminal; undefined where neither does. */
export function saidWidth(): number | undefined {
  const { COLUMNS = '' } = process.env;
  const said = /^[1-9][0-9]{0,4}$/.test(COLUMNS) ? Number(COLUMNS) : process.stdout.columns;
  return said ? Math.max(said, LEAST_WIDTH) : undefined;
}

/** How a result for people should look on stdout. COLUMNS, NO_COLOR, FORCE_COLOR and dumb terminals are respected. */
export function appearance(): { width: number; colour: boolean } {
  const { stdout } = process;
  const forced = (process.env.FORCE_COLOR ?? '0') !== '0' && !process.env.NO_COLOR;
  return {
    width: saidWidth() ?? DEFAULT_WIDTH,
    colour: forced || (stdout.isTTY === true && stdout.hasColors()),
  };
}
