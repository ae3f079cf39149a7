/** ksmd as those above see it. */
export { Ksmd } from './ksmd.ts';
export { type KsmdStart, KsmdThread } from './thread.ts';
