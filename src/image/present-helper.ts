/**
 * The running program of present.c, which asks the kernel where pages are: one for all processes of a scan.
 *
 * The protocol is described in present.c. Requests are answered one after the other. It ends when it is disposed of, and when this
 * process ends, whatever ends it: its stdin ends then.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Run } from './pagemap.ts';

/** Of eight bytes each; numbers of pages have at most 45 bits, and so six bytes hold any. */
const WORD_BYTES = 8;
const NUMBER_BYTES = 6;
const RECORD_BYTES = 3 * WORD_BYTES;
const MAGIC = Buffer.from('KMPAGES1', 'latin1');

const SWAPPED = 1;
const ZERO = 2;
const HUGE = 4;

/** Consecutive pages of one kind. */
export interface KindOfRun extends Run {
  readonly isSwapped: boolean;
  /** They are the kernel's page of zeros. */
  readonly isZero: boolean;
  readonly isHuge: boolean;
}

export class PresentHelper {
  readonly #child: ChildProcess;
  /** What has come and is not read yet. */
  #unread: Buffer = Buffer.alloc(0);
  #hasEnded = false;
  #onNews: () => void = () => {};

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on('data', (data: Buffer) => {
      this.#unread = this.#unread.length === 0 ? data : Buffer.concat([this.#unread, data]);
      this.#onNews();
    });
    child.stdin?.on('error', () => {}); // It has ended: stdout says so, too.
    child.once('error', () => this.#end());
    child.once('close', () => this.#end());
  }

  /** Starts it; undefined if it does not run here, or the kernel has no PAGEMAP_SCAN. */
  static async start(program: string): Promise<PresentHelper | undefined> {
    const { spawn } = process.getBuiltinModule('node:child_process');
    const helper = new PresentHelper(spawn(program, [], { stdio: ['pipe', 'pipe', 'ignore'] }));
    const magic = await helper.#take(MAGIC.length);
    if (magic?.equals(MAGIC)) return helper;
    await helper[Symbol.asyncDispose]();
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded) return;
    const gone = once(this.#child, 'close');
    this.#child.kill('SIGKILL'); // It has nothing to put in order.
    await gone;
  }

  /**
   * The private pages of these ranges that are present or swapped, range by range. Undefined: the helper or the process could not be asked;
   * why, who asks the process in another way will hear.
   */
  async find(pid: number, ranges: readonly Run[]): Promise<KindOfRun[] | undefined> {
    this.#child.stdin?.write(request(pid, ranges));
    const found: KindOfRun[] = [];
    for (;;) {
      const record = await this.#take(RECORD_BYTES);
      if (record === undefined) return undefined;
      const [at, end, flags] = [wordOf(record, 0), wordOf(record, 1), wordOf(record, 2)];
      if (end === 0) return flags === 0 ? found : undefined;
      const has = (flag: number): boolean => (flags & flag) !== 0;
      found.push({ at, pages: end - at, isSwapped: has(SWAPPED), isZero: has(ZERO), isHuge: has(HUGE) });
    }
  }

  /** The next bytes; undefined if no more will come. Awaited only where they are not there yet. */
  async #take(bytes: number): Promise<Buffer | undefined> {
    while (this.#unread.length < bytes) {
      if (this.#hasEnded) return undefined;
      await new Promise<void>((resolve) => {
        this.#onNews = resolve;
      });
    }
    const taken = this.#unread.subarray(0, bytes);
    this.#unread = this.#unread.subarray(bytes);
    return taken;
  }

  #end(): void {
    this.#hasEnded = true;
    this.#onNews();
  }
}

function wordOf(record: Buffer, word: number): number {
  return record.readUIntLE(word * WORD_BYTES, NUMBER_BYTES);
}

function request(pid: number, ranges: readonly Run[]): Buffer {
  const words = [pid, ranges.length, ...ranges.flatMap(({ at, pages }) => [at, at + pages])];
  const bytes = Buffer.alloc(words.length * WORD_BYTES);
  words.forEach((word, index) => void bytes.writeUIntLE(word, index * WORD_BYTES, NUMBER_BYTES));
  return bytes;
}
