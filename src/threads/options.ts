/** The options of all that starts threads: where their file is, and who is told when fewer start than were asked for. */
import { KsmError } from '../errors.ts';
import type { ThreadOptions, Warning } from '../port.ts';

/** The same, checked. */
export interface Threads {
  readonly workerUrl: URL | undefined;
  readonly onWarning: ((warning: Warning) => void) | undefined;
}

/** EINVAL names a wrong option. */
export function threadsOf({ workerUrl, onWarning }: ThreadOptions): Threads {
  if (onWarning !== undefined && typeof onWarning !== 'function') {
    throw new KsmError('EINVAL', `Option "onWarning" is ${typeof onWarning}; expected a function.`);
  }
  return { workerUrl: workerUrl === undefined ? undefined : urlOf(workerUrl), onWarning };
}

/** A page may give a path, as bundlers do; it means what it means in the page's own links. */
function urlOf(given: URL | string): URL {
  if (given instanceof URL) return given;
  const base = 'location' in globalThis ? globalThis.location?.href : undefined;
  if (typeof given === 'string' && URL.canParse(given, base)) return new URL(given, base);
  const shown = typeof given === 'string' ? `"${given}"` : typeof given;
  const advice = 'a URL object or its text, such as new URL("./worker.js", import.meta.url)';
  throw new KsmError('EINVAL', `Option "workerUrl" is ${shown}; expected ${advice}.`);
}
