/** ksmd in a thread of its own, as those above see it. */
export { Ksmd, type KsmdStart } from './ksmd.ts';
