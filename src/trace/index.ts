/**
 * Traces and recordings: the public face of this folder.
 */
export { type CheckResult, checkTrace } from './check.ts';
export { type Difference, firstDifference, lineDifference } from './compare.ts';
export { readRecording, readTrace, recordingPath } from './files.ts';
export {
  FORMAT_VERSION,
  formatLine,
  type Group,
  type Operation,
  PACING,
  parseRecording,
  parseTrace,
  type RecordingLine,
  type RecordingStep,
  type Trace,
} from './format.ts';
export { Player, playTrace, recordingHeader } from './player.ts';
export { hostSize } from './size.ts';
