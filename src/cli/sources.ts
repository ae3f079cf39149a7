/**
 * What a scan is to look at: the images, processes or demo that the command line names, opened.
 */
import process from 'node:process';
import { KsmError } from '../errors.ts';
import { count, plural } from '../format.ts';
import {
  type Choice,
  chooseProcesses,
  type Demo,
  type ImageOptions,
  listProcesses,
  openImage,
  openProcess,
  type PageSource,
  Presence,
  startDemo,
} from '../image/index.ts';
import type { Watch } from '../scan/index.ts';
import { openSeries, type Series } from './series.ts';

/** What the command line asks for. */
export interface Wanted {
  readonly images: readonly string[];
  readonly pids: readonly number[];
  readonly all: boolean;
  /** How images are read; undefined: as what their first bytes say, without their holes. */
  readonly format?: string | undefined;
  readonly holes?: ImageOptions['holes'];
  readonly choice: Choice;
  readonly film?: { readonly series: readonly Series[] };
}

/** Opened sources. Disposing ends the demo, if there is one. */
export class Sources {
  readonly list: PageSource[] = [];
  /** What the reader of the report should know about the choice: whole sentences. */
  readonly notes: string[] = [];
  /** Of series, by source: the dumps before the last, which is the source. */
  readonly before: PageSource[][] = [];
  readonly #watch: Watch;
  #presence: Presence | undefined;
  #demo: Demo | undefined;

  private constructor(watch: Watch) {
    this.#watch = watch;
  }

  /** Starts the demo processes where nothing else is wanted; throws the reason of the watch's signal where it is aborted meanwhile. */
  static async open(wanted: Wanted, watch: Watch): Promise<Sources> {
    const sources = new Sources(watch);
    const { images, all, format, holes, film: { series } = { series: [] } } = wanted;
    const options = { format, holes, signal: watch.signal, streams: new Set<string>() };
    try {
      // Before anything is started for them.
      const everybody = all ? await listProcesses() : [];
      const pids = new Set([...wanted.pids, ...(await chooseProcesses(wanted.choice))]);
      for (const path of images) for (const source of await openImageNamed(path, options)) sources.#add(source);
      await sources.#addNamed(pids, images.length > 0 || all);
      if (all) await sources.#addAll(everybody.filter((pid) => !pids.has(pid)));
      for (const one of series) await sources.#addSeries(one, options);
      if (images.length + pids.size + series.length === 0 && !all) await sources.#addDemo();
      return sources;
    } catch (error) {
      await sources[Symbol.asyncDispose]();
      throw error;
    } finally {
      await sources.#presence?.[Symbol.asyncDispose]();
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
        await this.#addProcess(pid);
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

  async #addAll(pids: readonly number[]): Promise<void> {
    let gone = 0;
    for (const pid of pids) {
      try {
        await this.#addProcess(pid);
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

  /** One helper finds the pages of them all. */
  async #addProcess(pid: number): Promise<void> {
    this.#presence ??= await Presence.open(this.#watch.signal);
    const look = (done: number, whole: number): Promise<void> =>
      this.#watch.look(`looking for pages of process ${pid}`, done, whole);
    this.#add(await openProcess(pid, { presence: this.#presence, look }));
    await look(0, 0);
  }

  async #addDemo(): Promise<void> {
    if (process.platform !== 'linux') {
      throw new KsmError(
        'EINVAL',
        `without a source, ksm scans four processes of its own, and reading processes needs Linux; this is ` +
          `${process.platform}. Memory images can be scanned everywhere: ksm scan IMAGE`,
      );
    }
    this.#demo = await startDemo(this.#watch.signal);
    for (const pid of this.#demo.pids) await this.#addProcess(pid);
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
    ...(source.live === undefined ? {} : { live: source.live }),
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
