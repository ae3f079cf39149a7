/** Catches what a command writes to stdout and stderr while it runs. */
import process from 'node:process';

export interface Captured {
  readonly printed: string;
  readonly said: string;
  /** What was thrown, if anything. */
  readonly error?: unknown;
}

type Write = typeof process.stdout.write;

/** Runs `work`. What it writes goes nowhere but into the result. */
export async function captured(work: () => Promise<unknown>): Promise<Captured> {
  const { stdout, stderr } = process;
  const original = [stdout.write, stderr.write] as const;
  const texts = ['', ''];
  const into = (at: number): Write =>
    ((text: string | Uint8Array, done?: unknown) => {
      texts[at] += String(text);
      if (typeof done === 'function') done(null);
      return true;
    }) as Write;
  [stdout.write, stderr.write] = [into(0), into(1)];
  try {
    await work();
    return { printed: texts[0] ?? '', said: texts[1] ?? '' };
  } catch (error) {
    return { printed: texts[0] ?? '', said: texts[1] ?? '', error };
  } finally {
    [stdout.write, stderr.write] = original;
  }
}
