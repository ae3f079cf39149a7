/**
 * A page's content, by the number of its frame: how two compare, whether one is all zero, its checksum, a copy. Nobody else knows where
 * a content lies, or what it is made of.
 */
export {
  comparePages,
  equalPages,
  fetchPage,
  isZeroPage,
  pageChecksum,
  pageClear,
  pageCopy,
  pagePrefix,
  pagesClear,
  touchPage,
} from './bytes/page';
