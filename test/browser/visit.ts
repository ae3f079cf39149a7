/** A visit of a browser to a page that sends a report: begun, waited for, and ended, whatever comes of it. */
import type { TestContext } from 'vitest';
import { findChromium, openPage } from './chromium.ts';
import type { Site } from './serve.ts';

const PATIENCE_MS = 60_000;

/** Chromium, or a test that says why it cannot run. Where CI is set it must be there. */
export function chromiumFor(context: TestContext): string {
  const chromium = findChromium();
  if (chromium !== undefined) return chromium;
  const why = 'Chromium is not installed: install the Debian package "chromium" to run the library in a browser';
  if (process.env.CI) throw new Error(why);
  return context.skip(why);
}

/** What the page at `path` of a site reports, as JSON. The site is closed. */
export async function reportOf<Report>(chromium: string, site: Site, path: string): Promise<Report> {
  const browser = openPage(chromium, `${site.origin}${path}`);
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    const giveUp = () =>
      reject(new Error(`The page sends no report; the last that it asked for: ${site.requests.slice(-3)}`));
    timer = setTimeout(giveUp, PATIENCE_MS);
  });
  try {
    return JSON.parse(await Promise.race([site.report, browser.failure, silence]));
  } finally {
    clearTimeout(timer);
    await browser.close();
    await site.close();
  }
}
