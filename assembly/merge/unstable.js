"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.unstableClear = unstableClear;
exports.mergeableFrame = mergeableFrame;
exports.unstableSearchOrInsert = unstableSearchOrInsert;
/**
 * The unstable tree: pages that have not changed since the last pass and have found no partner yet.
 *
 * They are not write-protected, so any of them may change while it is in the tree and make the order wrong. Nothing depends
 * on the order being right: a misled search misses a partner for one pass, and the tree starts empty in the next.
 */
const compare_1 = require("../page/compare");
const rb_1 = require("../tree/rb");
const layout_1 = require("../layout");
const frames_1 = require("../memory/frames");
const tables_1 = require("../memory/tables");
const vmas_1 = require("../memory/vmas");
const order_1 = require("./order");
const rmap_1 = require("./rmap");
/** Empties every unstable tree. The items keep their flag and count until they are visited again. */
function unstableClear() {
    const words = load(layout_1.H_ROOT_COUNT) * load(layout_1.H_NID_COUNT);
    memory.fill(load(layout_1.H_UNSTABLE_ROOTS), 0, words << 2);
}
/** The anonymous frame that `entry` maps, if KSM may still take it; else 0. */
function mergeableFrame(entry) {
    const mm = (0, tables_1.entryMm)(entry);
    if (load(mm, layout_1.MM_FLAGS) & layout_1.MM_EXITED)
        return 0;
    const vma = (0, vmas_1.vmaFind)(mm, (0, tables_1.entryPage)(entry));
    if (vma == 0 || !((0, vmas_1.vmaFlags)(vma) & layout_1.VM_MERGEABLE))
        return 0;
    const pte = (0, tables_1.pteOf)(entry);
    if ((pte & (layout_1.PTE_PRESENT | layout_1.PTE_SHARED)) != layout_1.PTE_PRESENT)
        return 0;
    const frame = pte & layout_1.PTE_FRAME;
    return frame == (0, frames_1.zeroFrame)() ? 0 : frame;
}
/**
 * The entry of a page in the tree that equals the page of `entry` in `frame`; 0 where there was none. Then `entry` is in the
 * tree now, unless the search met a page that has vanished or is this very frame (both after fork): such a search is
 * given up, and the item stays volatile.
 */
function unstableSearchOrInsert(entry, frame, checksum, high) {
    const nid = (0, order_1.treeNid)(frame);
    let parent = 0;
    let link = (0, order_1.unstableRoot)(nid, high);
    for (let other = load(link); other != 0; other = load(link)) {
        let order = (0, order_1.orderByKey)(checksum, other);
        if (order == 0) {
            const treeFrame = mergeableFrame((0, rmap_1.entryOf)(other));
            if (treeFrame == 0 || treeFrame == frame)
                return 0;
            order = (0, compare_1.comparePages)(frame, treeFrame);
            if (order == 0) {
                const strayed = !load(layout_1.H_MERGE_ACROSS_NODES) && (0, frames_1.frameNid)(treeFrame) != nid;
                return strayed ? 0 : (0, rmap_1.entryOf)(other);
            }
        }
        parent = other;
        link = other + (order < 0 ? layout_1.RB_LEFT : layout_1.RB_RIGHT);
    }
    (0, rb_1.rbInsert)((0, rmap_1.itemOf)(entry), parent, link);
    const seq = load(layout_1.H_FULL_SCANS) & layout_1.STATE_SEQ;
    (0, rmap_1.stateSet)(entry, ((0, rmap_1.stateOf)(entry) & ~layout_1.STATE_SEQ) | layout_1.STATE_UNSTABLE | seq);
    (0, rmap_1.count)(layout_1.H_PAGES_UNSHARED, 1);
    return 0;
}
