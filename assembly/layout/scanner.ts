/// <reference path="../u32.d.ts" preserve="true" />
/**
 * A scanner: one that looks at many pages in turn, fast. Its whole state is one record; each policy that scans has one of its own
 * (SCANNERS). Offsets are from the start of the record.
 *
 *   0      64    128
 *   | head | job | window 0: head, turns, checksums, notes | window 1 |
 */
import { COUNTERS_END } from './counters.ts';

/** Bytes of a word, and of a cache line. */
const U32: u32 = 4;
const LINE: u32 = 64;

/** The cursor: the mm that it is on, and the next page number to look at. */
export const SCANNER_SLOT: u32 = 0;
export const SCANNER_PAGE: u32 = SCANNER_SLOT + U32;
/** The worker that runs a batch with this scanner, plus one, and SCANNER_CUT; 0: none does. No other may start meanwhile. */
export const SCANNER_BUSY: u32 = SCANNER_PAGE + U32;
/** In SCANNER_BUSY: the cursor was taken away from that batch. */
export const SCANNER_CUT: u32 = 0x80000000;
/** Threads that compute checksums, the caller's included; 0 means 1. */
export const SCANNER_THREADS: u32 = SCANNER_BUSY + U32;
/** A helper was taken for dead. If it lives after all it may still write notes, so that nobody believes them any more. */
export const SCANNER_DOUBTS: u32 = SCANNER_THREADS + U32;

/** Four words that are the policy's own. range: the root of its tree. */
export const SCANNER_OWN: u32 = SCANNER_DOUBTS + U32;

// ---- job: what threads do together about one window; on a cache line of its own, because all of them write to it -----------------

/** One word, so that a claim is one atomic addition: next chunk (10 bits), chunks (10 bits), which window (1 bit), number of the job. */
export const SCANNER_JOB: u32 = LINE;
export const JOB_CHUNKS_SHIFT: u32 = 10;
export const JOB_CHUNKS_MASK: u32 = 0x3ff;
export const JOB_WINDOW_SHIFT: u32 = 20;
export const JOB_NUMBER_SHIFT: u32 = 21;
/** Chunks that are done, with the number of the job. */
export const SCANNER_JOB_DONE: u32 = SCANNER_JOB + U32;
/** Rings at each job. */
export const SCANNER_JOB_BELL: u32 = SCANNER_JOB_DONE + U32;
/** A helper died: its chunks of the job will never be done. */
export const SCANNER_JOB_LOST: u32 = SCANNER_JOB_BELL + U32;
/** Pages of one chunk. */
export const JOB_CHUNK_PAGES: u32 = 32;

// ---- windows: what the walk has selected -----------------------------------------------------------------------------
// There are two, so that one can be fingerprinted by other threads while the other is decided on. WINDOW_PAGES is how many turns one
// thread takes at a time, WINDOW_PAGES_MAX how many there are at most; both earned by bench/scan. Offsets are from the window's start.

export const SCANNER_WINDOWS: u32 = SCANNER_JOB + LINE;
export const WINDOW_PAGES: u32 = 128;
export const WINDOW_PAGES_MAX: u32 = 1024;
/** Turns in the window. */
export const WINDOW_COUNT: u32 = 0;
/** Pages that count towards the batch, settled ones too. */
export const WINDOW_TAKEN: u32 = WINDOW_COUNT + U32;
/** How many turns and how many pages it may have. */
export const WINDOW_ROOM: u32 = WINDOW_TAKEN + U32;
export const WINDOW_BUDGET: u32 = WINDOW_ROOM + U32;
/** Turns in the other window that come before those in this one. */
export const WINDOW_BEFORE: u32 = WINDOW_BUDGET + U32;
/** Number of the domain of all its pages. */
export const WINDOW_DOMAIN: u32 = WINDOW_BEFORE + U32;
/** How many copies had been made when it was opened (H_COW_KSM, the lower half). */
export const WINDOW_COPIES: u32 = WINDOW_DOMAIN + U32;
/** 1: whoever computes checksums of its pages also compares them with their partners. */
export const WINDOW_MEETS: u32 = WINDOW_COPIES + U32;
/** Written by look-ahead and read by nobody, so that the compiler leaves its loads alone. */
export const WINDOW_SINK: u32 = WINDOW_MEETS + U32;
/** A turn is what has to be decided on: an entry, with its kind in the upper two bits. */
export const WINDOW_TURNS: u32 = LINE;
/** One a turn; only those of TURN_ORDINARY mean anything. */
export const WINDOW_CHECKSUMS: u32 = WINDOW_TURNS + WINDOW_PAGES_MAX * U32;
/** What look-ahead notes of each turn. */
export const WINDOW_NOTES: u32 = WINDOW_CHECKSUMS + WINDOW_PAGES_MAX * U32;
export const NOTE_BYTES: u32 = 4 * U32;
/** In a note: {frame that equals the page's, or 0; the page's frame}. The rest is look-ahead's; in content order all of it. */
export const NOTE_EQUAL: u32 = 2 * U32;
export const WINDOW_BYTES: u32 = WINDOW_NOTES + WINDOW_PAGES_MAX * NOTE_BYTES;
/** An ordinary page of one mapping: its checksum is wanted. */
export const TURN_ORDINARY: u32 = 0;
/** The same, known to be unchanged since it was last hashed. */
export const TURN_CLEAN: u32 = 0x40000000;
/** A page whose treatment may depend on what happens to those before it. */
export const TURN_ANY: u32 = 0x80000000;
/** An item in the stable tree whose page is gone. */
export const TURN_GONE: u32 = 0xc0000000;
export const TURN_KIND: u32 = 0xc0000000;

export const SCANNER_BYTES: u32 = SCANNER_WINDOWS + 2 * WINDOW_BYTES;

// ---- where they are --------------------------------------------------------------------------------------------------------

/** The records of the scanners, one for each policy that scans. */
export const SCANNERS: u32 = (COUNTERS_END + LINE - 1) & ~(LINE - 1);
export const SCANNER_LIMIT: u32 = 2;
/** ksmd's, and those of its words that others than the engine's threads use. */
export const LINUX_SCANNER: u32 = SCANNERS;
export const LINUX_SLOT: u32 = LINUX_SCANNER + SCANNER_SLOT;
export const LINUX_PAGE: u32 = LINUX_SCANNER + SCANNER_PAGE;
export const LINUX_BUSY: u32 = LINUX_SCANNER + SCANNER_BUSY;
export const LINUX_THREADS: u32 = LINUX_SCANNER + SCANNER_THREADS;
export const LINUX_JOB: u32 = LINUX_SCANNER + SCANNER_JOB;
export const LINUX_JOB_DONE: u32 = LINUX_SCANNER + SCANNER_JOB_DONE;
export const LINUX_JOB_BELL: u32 = LINUX_SCANNER + SCANNER_JOB_BELL;
export const LINUX_JOB_LOST: u32 = LINUX_SCANNER + SCANNER_JOB_LOST;
export const LINUX_WINDOWS: u32 = LINUX_SCANNER + SCANNER_WINDOWS;
/** That of merging on demand (policy/range). */
export const RANGE_SCANNER: u32 = LINUX_SCANNER + SCANNER_BYTES;
export const SCANNERS_END: u32 = SCANNERS + SCANNER_LIMIT * SCANNER_BYTES;
/** First byte behind the fixed part; the regions follow. */
export const REGIONS: u32 = (SCANNERS_END + 65535) & ~65535;
