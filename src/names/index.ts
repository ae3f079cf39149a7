/** Naming as its users above see it. */
export { createNamer, type Namer, type NamerOptions } from './namer.ts';
export { Window, type WindowRecipe } from './window.ts';
