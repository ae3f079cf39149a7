/**
 * Waits until something is so of which no promise tells. There is no limit: how long it takes is the machine's affair, and what never comes
 * is ended as test/support/suite/setup.ts says.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const BETWEEN_LOOKS_MS = 5;

export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(BETWEEN_LOOKS_MS);
}
