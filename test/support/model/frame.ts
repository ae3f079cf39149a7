/*
 * Physical pages. A frame is known by reference; its contents are an immutable page that a write replaces.
 */
import { type Page, ZERO_PAGE } from './contents.ts';

/** A physical page. `mappers` counts ptes; an anonymous frame that nobody maps is free. */
export class Frame {
  contents: Page;
  mappers = 0;
  /** Extra references: plain ones, and pins for DMA. */
  references = 0;
  pins = 0;
  readonly anonymous: boolean;
  /** Owned by KSM: read-only for ever. */
  ksm = false;
  /** In a page cache only: ever written, and marked for early reclaim. */
  dirty = false;
  reclaim = false;

  constructor(contents: Page, anonymous: boolean) {
    this.contents = contents;
    this.anonymous = anonymous;
  }

  /** Does somebody besides page tables refer to it? Then it cannot be merged away. */
  get held(): boolean {
    return this.references + this.pins > 0;
  }
}

/** The frame behind every page that was read before it was written, and behind zero pages that KSM placed. */
export const ZERO_FRAME: Frame = new Frame(ZERO_PAGE, false);
