/**
 * Traces and recordings: the public face of this folder.
 */
export { type CheckOptions, type CheckResult, checkTrace } from './check.ts';
export { type Difference, firstDifference, lineDifference, type Scope } from './compare.ts';
export { contentPage, digest, digestText } from './content.ts';
export { readRecording, readTrace, recordingPath } from './files.ts';
export {
  FORMAT_VERSION,
  formatLine,
  type Group,
  KSM_STAT,
  type Operation,
  parseRecording,
  parseTrace,
  type RecordingHeader,
  type RecordingLine,
  type RecordingStep,
  type Trace,
} from './format.ts';
export { Player, type PlayerOptions, type PlayOptions, playTrace, recordingHeader } from './player.ts';
export { hostSize } from './size.ts';
