/**
 * What a caller hands over as bytes: an ArrayBuffer, or a view of one of whatever type, by the bytes that it covers.
 *
 * How many those are is asked of the platform and not of the object, which may say anything: a view whose `length` was defined anew would
 * reach beyond the page that it is written to.
 */
import { KsmError } from './errors.ts';
import { invalid } from './validate.ts';

type Getter<T> = (this: unknown) => T;

function getterOf<T>(prototype: object, name: string): Getter<T> {
  return Object.getOwnPropertyDescriptor(prototype, name)?.get as Getter<T>;
}

const TYPED_ARRAY: object = Object.getPrototypeOf(Uint8Array.prototype);
const typedArray = {
  buffer: getterOf<ArrayBufferLike>(TYPED_ARRAY, 'buffer'),
  offset: getterOf<number>(TYPED_ARRAY, 'byteOffset'),
  length: getterOf<number>(TYPED_ARRAY, 'byteLength'),
};
const dataView = {
  buffer: getterOf<ArrayBufferLike>(DataView.prototype, 'buffer'),
  offset: getterOf<number>(DataView.prototype, 'byteOffset'),
  length: getterOf<number>(DataView.prototype, 'byteLength'),
};
const bufferLength = getterOf<number>(ArrayBuffer.prototype, 'byteLength');

const { length: viewLength } = typedArray;

/**
 * Is it a Uint8Array that keeps its length? One of a shared buffer that another thread may grow is longer at the next look, if it was made
 * to follow.
 */
export function isSteady(given: unknown): given is Uint8Array {
  if (!ArrayBuffer.isView(given) || !(given instanceof Uint8Array)) return false;
  return (typedArray.buffer.call(given) as { growable?: boolean }).growable !== true;
}

/** How many bytes a Uint8Array has; 0 also where its memory is gone. */
export function lengthOf(bytes: Uint8Array): number {
  return viewLength.call(bytes);
}

function isArrayBuffer(given: unknown): boolean {
  try {
    bufferLength.call(given);
    return true;
  } catch {
    return false;
  }
}

/**
 * The bytes that `given` covers, as a view of the same memory. EINVAL, with `call` in the
 * message, where it is none or its memory is gone.
 */
export function bytesOf(call: string, given: unknown): Uint8Array {
  try {
    if (ArrayBuffer.isView(given)) {
      const view = given instanceof DataView ? dataView : typedArray;
      return new Uint8Array(view.buffer.call(given), view.offset.call(given), view.length.call(given));
    }
    bufferLength.call(given); // throws if it is no ArrayBuffer: anything else would be taken for a list of numbers
    return new Uint8Array(given as ArrayBuffer);
  } catch (cause) {
    if (!ArrayBuffer.isView(given) && !isArrayBuffer(given)) {
      throw invalid(`${call}: what is given as bytes`, given, 'an ArrayBuffer or a view of one, such as a Uint8Array');
    }
    throw new KsmError('EINVAL', `${call}: the memory of what is given as bytes is gone (it was transferred).`, {
      cause,
    });
  }
}
