"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.zeroFrame = zeroFrame;
exports.frameNid = frameNid;
exports.frameAlloc = frameAlloc;
exports.frameIsKsm = frameIsKsm;
exports.frameNode = frameNode;
exports.frameBecomeKsm = frameBecomeKsm;
exports.frameIsExclusive = frameIsExclusive;
exports.frameIsPinned = frameIsPinned;
exports.frameGet = frameGet;
exports.framePut = framePut;
/**
 * Physical frames: who has how many, and which belong to KSM.
 *
 * Every frame has one word (layout.ts, FRAME_*): for an ordinary frame the number of ptes that map it and of extra references
 * that pin it, for a KSM frame its stable node, which then keeps the count. A frame whose last reference goes is free at
 * once; if it was KSM's, its stable node becomes stale and is found later, as in Linux. Frame 0 is the shared zero
 * frame: never counted, never freed, never written.
 */
const layout_1 = require("../layout");
const arena_1 = require("./arena");
/** Address of the word of the frame at address `frame`. */
function wordOf(frame) {
    return load(layout_1.H_FRAME_WORDS) + (((frame - load(layout_1.H_FRAMES)) >> layout_1.PAGE_SHIFT) << 2);
}
function zeroFrame() {
    return load(layout_1.H_FRAMES);
}
/** NUMA node of a frame: each node owns one run of frames. */
function frameNid(frame) {
    const index = ((frame - load(layout_1.H_FRAMES)) >> layout_1.PAGE_SHIFT);
    let nid = 0;
    while (index >= load(layout_1.H_FRAME_LISTS + nid * layout_1.FRAME_LIST_BYTES, layout_1.FRAME_LIST_END))
        nid++;
    return nid;
}
/**
 * A frame with one reference, from NUMA node `nid` or, where that is full, from the next that has one; 0: none left.
 * Zero-filled if `clear`, else its bytes are whatever they were.
 */
function frameAlloc(nid, clear) {
    const nids = load(layout_1.H_NID_COUNT);
    for (let tried = 0; tried < nids; tried++) {
        const frame = takeFrom(layout_1.H_FRAME_LISTS + nid * layout_1.FRAME_LIST_BYTES, clear);
        if (frame != 0) {
            store(layout_1.H_FRAMES_USED, load(layout_1.H_FRAMES_USED) + 1);
            return frame;
        }
        nid = nid + 1 == nids ? 0 : nid + 1;
    }
    store(layout_1.H_LIMIT_HIT, layout_1.LIMIT_FRAMES);
    return 0;
}
function takeFrom(list, clear) {
    const words = load(layout_1.H_FRAME_WORDS);
    const frames = load(layout_1.H_FRAMES);
    const free = load(list, layout_1.FRAME_LIST_FREE);
    let index;
    if (free != 0) {
        index = free - 1;
        store(list, load(words + (index << 2)) & layout_1.FRAME_COUNT_MASK, layout_1.FRAME_LIST_FREE);
        if (clear)
            memory.fill(frames + (index << layout_1.PAGE_SHIFT), 0, layout_1.PAGE_SIZE);
    }
    else {
        index = load(list, layout_1.FRAME_LIST_FRESH);
        if (index == load(list, layout_1.FRAME_LIST_END))
            return 0;
        store(list, index + 1, layout_1.FRAME_LIST_FRESH); // memory that was never used is still zero
    }
    store(words + (index << 2), 1);
    store(list, load(list, layout_1.FRAME_LIST_USED) + 1, layout_1.FRAME_LIST_USED);
    return frames + (index << layout_1.PAGE_SHIFT);
}
function release(frame) {
    const list = layout_1.H_FRAME_LISTS + frameNid(frame) * layout_1.FRAME_LIST_BYTES;
    const index = ((frame - load(layout_1.H_FRAMES)) >> layout_1.PAGE_SHIFT);
    store(wordOf(frame), layout_1.FRAME_FREE | load(list, layout_1.FRAME_LIST_FREE));
    store(list, index + 1, layout_1.FRAME_LIST_FREE);
    store(list, load(list, layout_1.FRAME_LIST_USED) - 1, layout_1.FRAME_LIST_USED);
    store(layout_1.H_FRAMES_USED, load(layout_1.H_FRAMES_USED) - 1);
}
function frameIsKsm(frame) {
    return (load(wordOf(frame)) & layout_1.FRAME_KSM) != 0;
}
/** The node that a KSM frame belongs to, also an orphan; 0 for an ordinary frame. */
function frameNode(frame) {
    const word = load(wordOf(frame));
    return word & layout_1.FRAME_KSM ? (word & layout_1.FRAME_NODE_MASK) << layout_1.FRAME_NODE_SHIFT : 0;
}
/** Makes an ordinary, unpinned frame the KSM frame of `node`, which takes over its count. */
function frameBecomeKsm(frame, node) {
    const word = wordOf(frame);
    store(node, load(word) & layout_1.FRAME_COUNT_MASK, layout_1.NODE_MAPS);
    store(node, frame, layout_1.NODE_FRAME);
    store(word, layout_1.FRAME_KSM | (node >> layout_1.FRAME_NODE_SHIFT));
}
/** Mapped by exactly one pte and pinned by nobody. Never true of a KSM frame. */
function frameIsExclusive(frame) {
    return load(wordOf(frame)) == 1;
}
/** True where somebody besides page tables refers to an ordinary frame (direct I/O, a pipe, a device). */
function frameIsPinned(frame) {
    const word = load(wordOf(frame));
    return (word & layout_1.FRAME_KSM) == 0 && (word & layout_1.FRAME_PINS_MASK) != 0;
}
/** One more pte maps `frame`. */
function frameGet(frame) {
    const node = frameNode(frame);
    if (node != 0)
        store(node, load(node, layout_1.NODE_MAPS) + 1, layout_1.NODE_MAPS);
    else
        store(wordOf(frame), load(wordOf(frame)) + 1);
}
/** One pte less maps `frame`, which must not be the zero frame. */
function framePut(frame) {
    const node = frameNode(frame);
    if (node == 0) {
        const word = wordOf(frame);
        const references = load(word) - 1;
        if (references == 0)
            release(frame);
        else
            store(word, references);
        return;
    }
    const maps = load(node, layout_1.NODE_MAPS) - 1;
    store(node, maps, layout_1.NODE_MAPS);
    if (maps != 0)
        return;
    store(node, 0, layout_1.NODE_FRAME);
    release(frame);
    if (load(node, layout_1.NODE_LEN) & layout_1.NODE_ORPHAN)
        (0, arena_1.arenaGive)(layout_1.H_FREE_NODES, node);
}
