/** gzip (RFC 1952), of any number of members. */
import { createGunzip } from 'node:zlib';
import type { Wrapping } from '../wrapping.ts';
import { beginsWith, through } from './stream.ts';

export const gzip: Wrapping = {
  name: 'gzip',
  title: 'gzip',
  // Magic, and deflate, which is the only method that there is.
  matches: (head) => beginsWith(head, [0x1f, 0x8b, 8]),
  unwrap: (bytes, { spool }) => spool(bytes.name, through(bytes, createGunzip(), 'gzip')),
};
