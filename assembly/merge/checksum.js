"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.pageHash = pageHash;
/** The page hash chosen at creation: XXH64, which is the kernel's, or the keyed hash, which runs at the speed of memory. */
const layout_1 = require("../layout");
const hash_1 = require("../page/hash");
/** 64-bit hash of the page at `frame`. Its lower half is the page's checksum. */
function pageHash(frame) {
    return load(layout_1.H_CHECKSUM) == layout_1.CHECKSUM_XXH64 ? (0, hash_1.hashXxh64)(frame) : (0, hash_1.hashKeyed)(frame, layout_1.HASH_KEY);
}
