/** Hosts as their users above see them. */
export { type AttachOptions, attachHost } from './attach.ts';
export { createHost } from './create.ts';
export { Host, machineOf } from './host.ts';
export { type RestoreOptions, restoreHost, saveSnapshot, snapshotOf } from './snapshot.ts';
