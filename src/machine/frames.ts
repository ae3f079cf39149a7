/** Frames, as callers name them, and what an administrator does with them: moves them, takes them out of use and brings them back. */
import { type Engine, errnoOf, layout } from '../engine/index.ts';
import { KsmError } from '../errors.ts';
import type { FrameId } from '../memory/index.ts';
import { invalid, wholeNumber } from '../validate.ts';
import { expectNode } from './numa.ts';

const COUNT = wholeNumber(1, 2 ** 32);

/** The frame that `call` was given, if there is one of that number. */
export function expectFrame(engine: Engine, call: string, frame: unknown): FrameId {
  if (engine.frames.has(frame)) return frame;
  throw noFrame(engine, call, frame);
}

function noFrame(engine: Engine, call: string, frame: unknown): KsmError {
  return invalid(`${call}: the frame`, frame, `a number from 1 to ${engine.frames.count - 1}`);
}

/** Moves what is in a frame to one of NUMA node `node`: the frame where it is now. */
export function migrate(engine: Engine, given: FrameId, node: number): FrameId {
  const frame = expectFrame(engine, 'migrate', given);
  const moved = engine.call.migrateFrame(frame, expectNode(engine, node));
  const errno = errnoOf(moved);
  if (errno === 0) return moved as FrameId;
  if (errno === layout.ENOMEM) throw engine.limitError('ENOMEM', `migrate: frame ${frame} cannot be moved`);
  if (errno === layout.EINVAL) throw noFrame(engine, 'migrate', frame);
  throw new KsmError('EAGAIN', `migrate: frame ${frame} is free, or pinned; release what holds it.`);
}

/** Moves what is in frames [first, first + count) elsewhere and takes them out of use. */
export function offline(engine: Engine, first: FrameId, count: number): void {
  const end = expectFrames(engine, 'offline', first, count);
  const errno = errnoOf(engine.call.offline(first, end));
  if (errno === 0) return;
  if (errno === layout.EINVAL) throw noFrame(engine, 'offline', end - 1);
  throw new KsmError('EBUSY', `offline: frames ${first} to ${end - 1} hold something that cannot be moved.`);
}

/** Brings frames back that went offline. */
export function online(engine: Engine, first: FrameId, count: number): void {
  const end = expectFrames(engine, 'online', first, count);
  if (errnoOf(engine.call.onlineFrames(first, end)) !== 0) throw noFrame(engine, 'online', end - 1);
}

/** The end of `count` frames from `first` on, which are all there. */
function expectFrames(engine: Engine, call: string, first: FrameId, count: number): number {
  const end = expectFrame(engine, call, first) + COUNT(`${call}: how many frames`, count);
  expectFrame(engine, call, end - 1);
  return end;
}
