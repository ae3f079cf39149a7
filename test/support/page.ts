/** Bytes of a page. It imports nothing, because a browser loads it too. */
export const PAGE = 4096;
