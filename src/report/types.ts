/**
 * What `ksm scan` reports: plain data, the same object for the table, for JSON and for programs.
 *
 * Counters carry the kernel's names and meaning (Documentation/admin-guide/mm/ksm.rst). Sizes are bytes, times are
 * seconds, everything else counts pages of 4096 bytes unless it says otherwise.
 */
import type { KsmNow, Unseen } from '../image/index.ts';
import type { Counters, KsmStat } from '../index.ts';
import type { Pass, Phase } from '../scan/index.ts';
import type { Interval } from './interval.ts';
import type { Verification } from './verification.ts';

/** The kernel's own account of a process, and whether the process has asked for merging, with madvise or prctl. */
export interface LiveReport extends KsmNow {
  readonly opted_in: boolean;
}

/** Of a process: memory in huge pages, and how many of them merging would split; null: nobody knows. */
export interface HugePagesReport {
  readonly bytes: number;
  readonly split: number | null;
}

/**
 * One source. The lines of ksm_stat in it are the engine's, not the kernel's. Every column adds up to the whole: zero, shared, sharing,
 * unshared and volatile to the system's counters, pages and saved_bytes to the report's.
 */
export interface SourceReport extends KsmStat {
  readonly name: string;
  readonly kind: 'image' | 'process';
  /** Of an image: what it was read as, a word of --format. */
  readonly format?: string;
  /** The same for people, with what was around it: "ELF core in gzip". */
  readonly read_as?: string;
  /** Of an image: pages that are not in it, holes among them. */
  readonly absent_pages?: number;
  /** Of an image: pages of which only a part is in it. */
  readonly partial_pages?: number;
  /** Pages loaded. */
  readonly pages: number;
  /** Pages that now map the zero frame (only with use_zero_pages). */
  readonly zero: number;
  /** Merged frames whose first page, in the order of sources and addresses, is of this source: each is kept once. */
  readonly shared: number;
  /** Merged pages beyond those: the memory they had is free again. */
  readonly sharing: number;
  /** Pages that found no partner in the last pass. */
  readonly unshared: number;
  /** Pages not settled: new, changed, or passed over by smart scan. */
  readonly volatile: number;
  /** (sharing + zero) x 4096. */
  readonly saved_bytes: number;
  /** Of a sample: the bounds of its figures. */
  readonly intervals?: SourceIntervals;
  /** Of a process: what the kernel says of it now; null where it does not say it. */
  readonly live?: LiveReport | null;
  /** The engine's lines of ksm_stat once more, by a name that cannot be mistaken. */
  readonly engine?: KsmStat;
  /** Of a process: what of its memory is not among the pages. */
  readonly not_looked_at?: readonly Unseen[];
  readonly huge_pages?: HugePagesReport;
}

/** Between these bounds the truth lies, in 95 of 100 samples or more. */
export interface SourceIntervals {
  readonly saved_bytes: Interval;
  readonly shared: Interval;
  readonly sharing: Interval;
  readonly unshared: Interval;
}

/** How a sample of contents was taken, of which the report's figures are estimates. */
export interface SampleReport {
  /** The chance with which a content is in the sample. */
  readonly share: number;
  /** Pages that the engines had. */
  readonly pages: number;
  /** What was counted exactly: the contents that most pages have. */
  readonly heavy: { readonly contents: number; readonly pages: number };
  /** As for a source, of the whole. */
  readonly intervals: {
    readonly saved_bytes: Interval;
    readonly pages_shared: Interval;
    readonly pages_sharing: Interval;
    readonly pages_unshared: Interval;
    readonly general_profit: Interval;
  };
}

/** Pages of one and the same content. */
export interface ContentReport {
  /** SHA-1 of the page, to find it again. Null if it cannot be read any more. */
  readonly sha1: string | null;
  /** Pages that have this content and are merged. */
  readonly pages: number;
  /** Frames that hold them: more than one where max_page_sharing makes the scanner start another. */
  readonly frames: number;
  readonly saved_bytes: number;
  /** A guess what it is: see guess.ts. */
  readonly kind: string;
  readonly description: string;
  /** Where the first such page is. */
  readonly example: { readonly source: string; readonly label: string; readonly address: string };
}

export interface MachineReport {
  readonly cpu: string;
  readonly cores: number;
  readonly memory_bytes: number;
  readonly node: string;
  readonly platform: string;
}

/** How the scan was set up, as far as the settings under /sys/kernel/mm/ksm do not say it. */
export interface OptionsReport {
  readonly index: 'content' | 'hash';
  /** Bytes of the engine's memory. */
  readonly memory_bytes: number;
  readonly scanners: number;
  /** Null if it was left to chance. */
  readonly seed: string | null;
}

export interface ScanReport {
  /** Of this format; raised when a field goes or changes meaning. */
  readonly version: 2;
  /** What the scanner looked at: names of contents, or the bytes themselves. */
  readonly engine: 'names' | 'bytes';
  readonly pages: number;
  /** (pages_sharing + ksm_zero_pages) x 4096. */
  readonly saved_bytes: number;
  /** The engine's own records for these pages. */
  readonly metadata_bytes: number;
  /** The last pass changed nothing, so that a further one would not either. */
  readonly converged: boolean;
  readonly sysfs: Counters;
  readonly ksm_stat: readonly SourceReport[];
  /** Null: nothing is estimated. Else sysfs, ksm_stat and saved_bytes are of the whole, and passes and metadata_bytes of the sample. */
  readonly sample: SampleReport | null;
  /** The contents that save most, at most ten; of a sample, of those that are in it. */
  readonly contents: readonly ContentReport[];
  readonly passes: readonly Pass[];
  readonly loading: { readonly wall_s: number; readonly bytes: number };
  /** What took how long, from the first page read to the last compared. */
  readonly phases: readonly Phase[];
  readonly verification: Verification;
  /** Files of /sys/kernel/mm/ksm that can be written, as they read; numbers where they are numbers. */
  readonly settings: Readonly<Record<string, string | number>>;
  /** Those files before the scan set anything: the kernel's defaults. */
  readonly default_settings: Readonly<Record<string, string | number>>;
  readonly options: OptionsReport;
  readonly machine: MachineReport;
  /** What the reader should know: whole sentences. */
  readonly notes: readonly string[];
}
