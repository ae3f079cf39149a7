import type { Engine } from './engine.ts';

export function checkInvariants(_engine: Engine): void {}
