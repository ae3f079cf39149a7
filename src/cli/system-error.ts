/** What the system says about a call that failed, for one sentence. */

/** The errno's name, "EIO" for what is none, and the system's words with it: "no space left on device (ENOSPC)". */
export function systemError(error: unknown): { code: string; words: string } {
  const { code, message } = error as { code?: string; message?: string };
  const text = /^[A-Z0-9]+: (.+?), \w+/.exec(message ?? '')?.[1];
  if (code === undefined || text === undefined) return { code: 'EIO', words: message ?? String(error) };
  return { code, words: `${text} (${code})` };
}
