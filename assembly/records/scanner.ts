/**
 * Views of a scanner's record: field by field what layout/scanner says. The fields are checked against it when this is compiled, so
 * that what src/ reads is what the engine writes.
 */
import {
  SCANNER_BUSY,
  SCANNER_DOUBTS,
  SCANNER_JOB,
  SCANNER_JOB_BELL,
  SCANNER_JOB_DONE,
  SCANNER_JOB_LOST,
  SCANNER_PAGE,
  SCANNER_SLOT,
  SCANNER_THREADS,
  WINDOW_BEFORE,
  WINDOW_BUDGET,
  WINDOW_COPIES,
  WINDOW_COUNT,
  WINDOW_DOMAIN,
  WINDOW_MEETS,
  WINDOW_ROOM,
  WINDOW_SINK,
  WINDOW_TAKEN,
} from '../layout';
import { Mm } from './mm';

/** The head. Its windows are reached by a function (scan/scanner). */
@unmanaged
export class Scanner {
  slot: Mm;
  page: u32;
  busy: u32;
  threads: u32;
  doubts: u32;
}

/** What threads share: every access is atomic, by `offsetof`. */
@unmanaged
export class Job {
  claims: u32;
  done: u32;
  bell: u32;
  lost: u32;
}

/** The head of a window; the turns, their checksums and what is noted of them follow it (scan/window). */
@unmanaged
export class Window {
  count: u32;
  taken: u32;
  room: u32;
  budget: u32;
  before: u32;
  domain: u32;
  copies: u32;
  meets: u32;
  sink: u32;
}

if (
  offsetof<Scanner>('slot') != SCANNER_SLOT ||
  offsetof<Scanner>('page') != SCANNER_PAGE ||
  offsetof<Scanner>('busy') != SCANNER_BUSY ||
  offsetof<Scanner>('threads') != SCANNER_THREADS ||
  offsetof<Scanner>('doubts') != SCANNER_DOUBTS
) {
  ERROR('the fields of Scanner are not where the layout says');
}
if (
  SCANNER_JOB + offsetof<Job>('done') != SCANNER_JOB_DONE ||
  SCANNER_JOB + offsetof<Job>('bell') != SCANNER_JOB_BELL ||
  SCANNER_JOB + offsetof<Job>('lost') != SCANNER_JOB_LOST
) {
  ERROR('the fields of Job are not where the layout says');
}
if (
  offsetof<Window>('count') != WINDOW_COUNT ||
  offsetof<Window>('taken') != WINDOW_TAKEN ||
  offsetof<Window>('room') != WINDOW_ROOM ||
  offsetof<Window>('budget') != WINDOW_BUDGET ||
  offsetof<Window>('before') != WINDOW_BEFORE ||
  offsetof<Window>('domain') != WINDOW_DOMAIN ||
  offsetof<Window>('copies') != WINDOW_COPIES ||
  offsetof<Window>('meets') != WINDOW_MEETS ||
  offsetof<Window>('sink') != WINDOW_SINK
) {
  ERROR('the fields of Window are not where the layout says');
}
