/** The options of all that starts threads: where their file is, and who is told when fewer start than were asked for. */
import type { ThreadOptions, Warning } from '../port.ts';
import { invalid } from '../validate.ts';

/** The same, checked. */
export interface Threads {
  readonly workerUrl: URL | undefined;
  readonly onWarning: ((warning: Warning) => void) | undefined;
}

/** EINVAL names a wrong option. */
export function threadsOf({ workerUrl, onWarning }: ThreadOptions): Threads {
  if (onWarning !== undefined && typeof onWarning !== 'function') {
    throw invalid('Option "onWarning"', onWarning, 'a function');
  }
  return { workerUrl: workerUrl === undefined ? undefined : urlOf(workerUrl), onWarning };
}

/** A page may give a path, as bundlers do; it means what it means in the page's own links. */
function urlOf(given: URL | string): URL {
  if (given instanceof URL) return given;
  const base = 'location' in globalThis ? globalThis.location?.href : undefined;
  if (typeof given === 'string' && URL.canParse(given, base)) return new URL(given, base);
  throw invalid(
    'Option "workerUrl"',
    given,
    'a URL object or its text, such as new URL("./worker.js", import.meta.url)',
  );
}
