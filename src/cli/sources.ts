/**
 * What a scan is to look at: the images, processes or demo that the command line names, opened.
 */
import process from 'node:process';
import { KsmError } from '../errors.ts';
import { count, plural } from '../format.ts';
import {
  type Demo,
  type ImageOptions,
  listProcesses,
  openImage,
  openProcess,
  type PageSource,
  startDemo,
} from '../image/index.ts';
import { openSeries, type Series } from './series.ts';

/** What the command line asks for. */
export interface Wanted {
  readonly images: readonly string[];
  readonly pids: readonly number[];
  readonly all: boolean;
  /** How images are read; undefined: as what their first bytes say, without their holes. */
  readonly format?: string | undefined;
  readonly holes?: ImageOptions['holes'];
  readonly film?: { readonly series: readonly Series[] };
}

/** Opened sources. Disposing ends the demo, if there is one. */
export class Sources {
  readonly list: PageSource[] = [];
  /** What the reader of the report should know about the choice: whole sentences. */
  readonly notes: string[] = [];
  /** Of series, by source: the dumps before the last, which is the source. */
  readonly before: PageSource[][] = [];
  #demo: Demo | undefined;

  /** Starts the demo processes where nothing else is wanted; throws the reason of `signal` where it is aborted meanwhile. */
  static async open(wanted: Wanted, signal?: AbortSignal): Promise<Sources> {
    const sources = new Sources();
    const { images, pids, all, format, holes, film: { series } = { series: [] } } = wanted;
    const options = { format, holes, signal, streams: new Set<string>() };
    try {
      for (const path of images) for (const source of await openImageNamed(path, options)) sources.#add(source);
      await sources.#addNamed(new Set(pids), images.length > 0 || all);
      if (all) await sources.#addAll(new Set(pids));
      for (const one of series) await sources.#addSeries(one, options);
      if (images.length + pids.length + series.length === 0 && !all) await sources.#addDemo(signal);
      return sources;
    } catch (error) {
      await sources[Symbol.asyncDispose]();
      throw error;
    }
  }

  get isDemo(): boolean {
    return this.#demo !== undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const source of [...this.list, ...this.before.flat()]) source.close?.();
    await this.#demo?.[Symbol.asyncDispose]();
  }

  /** Names are unique in a report; the same image twice is a fair question. */
  #add(source: PageSource): void {
    const same = this.list.filter(({ name }) => name === source.name || name.startsWith(`${source.name} #`)).length;
    this.list.push(same === 0 ? source : renamed(source, `${source.name} #${same + 1}`));
  }

  async #addSeries(series: Series, options: ImageOptions): Promise<void> {
    const dumps = await openSeries(series, options);
    this.#add(renamed(dumps.pop() as PageSource, series.name));
    this.before.push(dumps);
  }

  /** Those that cannot be read are named in the notes, as long as there is anything else to look at. */
  async #addNamed(pids: ReadonlySet<number>, hasOthers: boolean): Promise<void> {
    const failed: KsmError[] = [];
    for (const pid of pids) {
      try {
        this.#add(await openProcess(pid));
      } catch (error) {
        if (!(error instanceof KsmError) || !['ESRCH', 'EACCES'].includes(error.code)) throw error;
        failed.push(error);
      }
    }
    const [first] = failed;
    const why = failed.map(({ message }) => message);
    if (first !== undefined && failed.length === pids.size && !hasOthers)
      throw new KsmError(first.code, why.join('; '));
    this.notes.push(...why.map((message) => `Not in this report: ${message}.`));
  }

  async #addAll(already: ReadonlySet<number>): Promise<void> {
    let gone = 0;
    for (const pid of await listProcesses()) {
      if (already.has(pid)) continue;
      try {
        this.#add(await openProcess(pid));
      } catch (error) {
        // Between listing and opening, a process may end: then it is not one of "all" any more.
        if (!(error instanceof KsmError)) throw error;
        gone++;
      }
    }
    if (this.list.length === 0) {
      throw new KsmError('EACCES', 'there is no process that this user may read, besides ksm itself; try it as root');
    }
    this.notes.push(
      `${plural(this.list.length, 'source')}: every process that this user may read, but not ksm itself.`,
    );
    if (gone > 0) this.notes.push(`${count(gone)} of the processes ended or closed before they could be opened.`);
  }

  async #addDemo(signal: AbortSignal | undefined): Promise<void> {
    if (process.platform !== 'linux') {
      throw new KsmError(
        'EINVAL',
        `without a source, ksm scans four processes of its own, and reading processes needs Linux; this is ` +
          `${process.platform}. Memory images can be scanned everywhere: ksm scan IMAGE`,
      );
    }
    this.#demo = await startDemo(signal);
    for (const pid of this.#demo.pids) this.#add(await openProcess(pid));
    this.notes.push(
      'No source was given, so ksm started four small servers, scanned them and ended them. They did nothing any ' +
        'more, so two seconds of them were enough. ' +
        'To look at your own: ksm scan --all, ksm scan --pid PID, or ksm scan IMAGE.',
    );
  }
}

async function openImageNamed(path: string, options: ImageOptions): Promise<PageSource[]> {
  try {
    return await openImage(path, options);
  } catch (error) {
    if (!(error instanceof KsmError) || error.code !== 'ENOENT' || !/^[0-9]+$/.test(path)) throw error;
    throw new KsmError('ENOENT', `${error.message}; if process ${path} is meant: --pid ${path}`, { cause: error });
  }
}

/** The same source under another name. */
function renamed(source: PageSource, name: string): PageSource {
  const { shareable } = source;
  const openReader = source.openReader?.bind(source);
  const close = source.close?.bind(source);
  return {
    ...(shareable === undefined ? {} : { shareable }),
    ...(close === undefined ? {} : { close }),
    name,
    kind: source.kind,
    isRepeatable: source.isRepeatable,
    get image() {
      return source.image;
    },
    get ranges() {
      return source.ranges;
    },
    get pages() {
      return source.pages;
    },
    read: (options) => source.read(options),
    ...(openReader === undefined ? {} : { openReader }),
    get notes() {
      return source.notes;
    },
  };
}
