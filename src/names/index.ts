/** Naming as its users above see it. */
export { createNamer, type Namer, type NamerOptions } from './namer.ts';
export { Window } from './window.ts';
