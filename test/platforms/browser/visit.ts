/** A visit of a browser to a page that sends a report: begun, waited for, and ended, whatever comes of it. */
import type { TestContext } from 'vitest';
import { findChromium, openPage } from './chromium.ts';
import type { Site } from './serve.ts';

/** Chromium, or a test that says why it cannot run. Where CI is set it must be there. */
export function chromiumFor(context: TestContext): string {
  const chromium = findChromium();
  if (chromium !== undefined) return chromium;
  const why = 'Chromium is not installed: install the Debian package "chromium" to run the library in a browser';
  if (process.env.CI) throw new Error(why);
  return context.skip(why);
}

/** Rejects when the test is given up (vitest.config.ts), with the last that the page has asked for. */
function silence(signal: AbortSignal, requests: readonly string[]): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`The page is silent after ${requests.slice(-3)}`)));
  });
}

/** What the page at `path` of a site reports, as JSON. The site is closed. `signal`: the test is given up. */
export async function reportOf<Report>(
  chromium: string,
  site: Site,
  path: string,
  signal: AbortSignal,
): Promise<Report> {
  const browser = openPage(chromium, `${site.origin}${path}`);
  try {
    return JSON.parse(await Promise.race([site.report, browser.failure, silence(signal, site.requests)]));
  } finally {
    await browser.close();
    await site.close();
  }
}
