"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.vmaStart = vmaStart;
exports.vmaEnd = vmaEnd;
exports.vmaFlags = vmaFlags;
exports.vmaAtOrAbove = vmaAtOrAbove;
exports.vmaFind = vmaFind;
exports.vmaFirst = vmaFirst;
exports.vmaNext = vmaNext;
exports.vmaRoom = vmaRoom;
exports.vmaSplitRoom = vmaSplitRoom;
exports.vmaInsert = vmaInsert;
exports.vmaRemove = vmaRemove;
exports.vmaSplit = vmaSplit;
exports.vmaChange = vmaChange;
exports.vmaMergeAround = vmaMergeAround;
exports.vmaGap = vmaGap;
exports.vmaHasHole = vmaHasHole;
exports.limitForget = limitForget;
/**
 * Mapping ranges of an mm: an ordered tree of vmas, split where a call changes only a part, merged again where
 * neighbours have become alike.
 *
 * This file knows ranges and flags only; what happens to the pages in a range is its callers' business.
 */
const rb_1 = require("../tree/rb");
const layout_1 = require("../layout");
const arena_1 = require("./arena");
function vmaStart(vma) {
    return load(vma, layout_1.VMA_START);
}
/** One past the last page. */
function vmaEnd(vma) {
    return load(vma, layout_1.VMA_END);
}
function vmaFlags(vma) {
    return load(vma, layout_1.VMA_FLAGS);
}
/** The vma that holds `page`, or the first one above it, or 0. */
function vmaAtOrAbove(mm, page) {
    const cached = load(mm, layout_1.MM_VMA_CACHE);
    if (cached != 0 && page - vmaStart(cached) < vmaEnd(cached) - vmaStart(cached))
        return cached;
    let found = 0;
    let node = load(mm, layout_1.MM_VMAS);
    while (node != 0) {
        if (vmaEnd(node) > page) {
            found = node;
            if (vmaStart(node) <= page)
                break;
            node = load(node, layout_1.RB_LEFT);
        }
        else {
            node = load(node, layout_1.RB_RIGHT);
        }
    }
    if (found != 0)
        store(mm, found, layout_1.MM_VMA_CACHE);
    return found;
}
/** The vma that holds `page`, or 0. */
function vmaFind(mm, page) {
    const vma = vmaAtOrAbove(mm, page);
    return vma != 0 && vmaStart(vma) <= page ? vma : 0;
}
function vmaFirst(mm) {
    return (0, rb_1.rbFirst)(mm + layout_1.MM_VMAS);
}
function vmaNext(vma) {
    return (0, rb_1.rbNext)(vma);
}
/** True if `count` more vmas can be made; else notes the limit. */
function vmaRoom(count) {
    if ((0, arena_1.arenaRoom)(layout_1.H_FREE_VMAS, load(layout_1.H_VMA_LIMIT)) >= count)
        return true;
    store(layout_1.H_LIMIT_HIT, layout_1.LIMIT_VMAS);
    return false;
}
/**
 * True if the two splits that a call on part of a mapping may need are possible; else notes the limit. Asked before
 * anything is changed, so that nothing is half-done.
 */
function vmaSplitRoom(mm, start, end) {
    return vmaRoom((cutsInside(mm, start)) + (cutsInside(mm, end)));
}
function cutsInside(mm, page) {
    const vma = vmaFind(mm, page);
    return vma != 0 && vmaStart(vma) != page;
}
/** Hangs a filled-in record into the tree; its range must be free. */
function link(mm, vma) {
    const start = vmaStart(vma);
    let parent = 0;
    let at = mm + layout_1.MM_VMAS;
    for (let node = load(at); node != 0; node = load(at)) {
        parent = node;
        at = node + (start < vmaStart(node) ? layout_1.RB_LEFT : layout_1.RB_RIGHT);
    }
    (0, rb_1.rbInsert)(vma, parent, at);
    store(mm, load(mm, layout_1.MM_VMA_COUNT) + 1, layout_1.MM_VMA_COUNT);
}
/** A new vma over a free range. `object` is 0 or the shared object behind it. 0 where the arena is full. */
function vmaInsert(mm, start, end, flags, object, objectPage) {
    const vma = (0, arena_1.arenaTake)(layout_1.H_FREE_VMAS, load(layout_1.H_VMAS), layout_1.VMA_BYTES, load(layout_1.H_VMA_LIMIT), layout_1.LIMIT_VMAS);
    if (vma == 0)
        return 0;
    store(vma, start, layout_1.VMA_START);
    store(vma, end, layout_1.VMA_END);
    store(vma, flags, layout_1.VMA_FLAGS);
    store(vma, object, layout_1.VMA_OBJECT);
    store(vma, objectPage, layout_1.VMA_OBJECT_PAGE);
    if (object != 0)
        store(object, load(object, layout_1.MM_REFS) + 1, layout_1.MM_REFS);
    link(mm, vma);
    return vma;
}
/** Takes a vma away. Returns the shared object that nobody maps any more, or 0. */
function vmaRemove(mm, vma) {
    const object = load(vma, layout_1.VMA_OBJECT);
    (0, rb_1.rbErase)(vma);
    (0, arena_1.arenaGive)(layout_1.H_FREE_VMAS, vma);
    store(mm, 0, layout_1.MM_VMA_CACHE);
    store(mm, load(mm, layout_1.MM_VMA_COUNT) - 1, layout_1.MM_VMA_COUNT);
    if (object == 0)
        return 0;
    const references = load(object, layout_1.MM_REFS) - 1;
    store(object, references, layout_1.MM_REFS);
    return references == 0 ? object : 0;
}
/** Makes `page` a border between vmas where it lies inside one. There must be room (vmaSplitRoom). */
function vmaSplit(mm, page) {
    const vma = vmaFind(mm, page);
    if (vma == 0 || vmaStart(vma) == page)
        return;
    const end = vmaEnd(vma);
    store(vma, page, layout_1.VMA_END);
    const objectPage = load(vma, layout_1.VMA_OBJECT_PAGE) + (page - vmaStart(vma));
    vmaInsert(mm, page, end, vmaFlags(vma), load(vma, layout_1.VMA_OBJECT), objectPage);
}
/** Changes flags of one vma: those of `clear` off, those of `set` on. */
function vmaChange(vma, clear, set) {
    store(vma, (vmaFlags(vma) & ~clear) | set, layout_1.VMA_FLAGS);
}
function alike(low, high) {
    if (vmaEnd(low) != vmaStart(high) || ((vmaFlags(low) ^ vmaFlags(high)) & ~layout_1.VM_ANON) != 0)
        return false;
    const object = load(low, layout_1.VMA_OBJECT);
    if (object != load(high, layout_1.VMA_OBJECT))
        return false;
    const pages = vmaEnd(low) - vmaStart(low);
    return object == 0 || load(low, layout_1.VMA_OBJECT_PAGE) + pages == load(high, layout_1.VMA_OBJECT_PAGE);
}
/** Merges alike neighbours from the vma before `start` to the one behind `end`. */
function vmaMergeAround(mm, start, end) {
    let vma = vmaAtOrAbove(mm, start == 0 ? 0 : start - 1);
    while (vma != 0 && vmaStart(vma) <= end) {
        const next = vmaNext(vma);
        if (next == 0)
            return;
        if (!alike(vma, next)) {
            vma = next;
            continue;
        }
        const nextEnd = vmaEnd(next);
        vmaChange(vma, 0, vmaFlags(next) & layout_1.VM_ANON);
        vmaRemove(mm, next);
        store(vma, nextEnd, layout_1.VMA_END);
    }
}
/** Start of the lowest free range of `pages` pages at or above page 1, or 0 where none is below `limit`. */
function vmaGap(mm, pages, limit) {
    let start = 1;
    for (let vma = vmaFirst(mm); vma != 0; vma = vmaNext(vma)) {
        if (vmaStart(vma) >= start + pages)
            return start;
        if (vmaEnd(vma) > start)
            start = vmaEnd(vma);
    }
    return start + pages <= limit ? start : 0;
}
/** True if [start, end) holds a page that is in no vma. */
function vmaHasHole(mm, start, end) {
    while (start < end) {
        const vma = vmaFind(mm, start);
        if (vma == 0)
            return true;
        start = vmaEnd(vma);
    }
    return false;
}
/** Forgets which limit was hit, at the start of a call that may hit one. */
function limitForget() {
    store(layout_1.H_LIMIT_HIT, layout_1.LIMIT_NONE);
}
