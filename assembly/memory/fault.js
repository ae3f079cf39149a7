"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.readFault = readFault;
exports.writeFault = writeFault;
exports.ownCopy = ownCopy;
exports.countKsmZero = countKsmZero;
exports.zap = zap;
/**
 * Page faults: what happens when a guest reads or writes a page, when KSM's sharing is undone, and when a pte goes.
 *
 * The rules are Linux's for anonymous memory: an untouched page reads as the shared zero frame and gets a frame of its own
 * at the first write; a write to a frame that is KSM's, pinned or mapped more than once goes to a copy; a frame that only
 * this pte maps is written in place. A KSM frame is never written in place, not even by its last user.
 *
 * Functions that can fail return an errno (< 4096) where a frame's address (>= 4096) is expected.
 */
const layout_1 = require("../layout");
const frames_1 = require("./frames");
const tables_1 = require("./tables");
const vmas_1 = require("./vmas");
/** The frame that a read of `page` sees, or an errno. */
function readFault(mm, page) {
    const vma = (0, vmas_1.vmaFind)(mm, page);
    if (vma == 0 || ((0, vmas_1.vmaFlags)(vma) & layout_1.VM_READ) == 0)
        return layout_1.EFAULT;
    const entry = (0, tables_1.entryFind)(mm, page);
    const pte = entry == 0 ? 0 : (0, tables_1.pteOf)(entry);
    if (pte & layout_1.PTE_PRESENT)
        return pte & layout_1.PTE_FRAME;
    if ((0, vmas_1.vmaFlags)(vma) & layout_1.VM_SHARED)
        return mapShared(mm, page, vma);
    const made = (0, tables_1.entryMake)(mm, page);
    if (made == 0)
        return layout_1.ENOMEM;
    (0, tables_1.leafHold)(made);
    (0, tables_1.pteSet)(made, (0, frames_1.zeroFrame)() | layout_1.PTE_PRESENT);
    return (0, frames_1.zeroFrame)();
}
/** The frame that a write to `page` may go to, or an errno; after an errno the page is as it was. */
function writeFault(mm, page) {
    const entry = (0, tables_1.entryFind)(mm, page);
    const pte = entry == 0 ? 0 : (0, tables_1.pteOf)(entry);
    if (pte & layout_1.PTE_WRITABLE) {
        (0, tables_1.pteSet)(entry, pte | layout_1.PTE_DIRTY);
        return pte & layout_1.PTE_FRAME;
    }
    const vma = (0, vmas_1.vmaFind)(mm, page);
    if (vma == 0 || ((0, vmas_1.vmaFlags)(vma) & layout_1.VM_WRITE) == 0)
        return layout_1.EFAULT;
    if ((0, vmas_1.vmaFlags)(vma) & layout_1.VM_SHARED)
        return mapShared(mm, page, vma);
    (0, vmas_1.vmaChange)(vma, 0, layout_1.VM_ANON);
    if (pte & layout_1.PTE_PRESENT) {
        const frame = (0, frames_1.frameIsExclusive)(pte & layout_1.PTE_FRAME) ? (pte & layout_1.PTE_FRAME) : ownCopy(mm, entry);
        if (frame < layout_1.PAGE_SIZE)
            return frame;
        (0, tables_1.pteSet)(entry, frame | layout_1.PTE_PRESENT | layout_1.PTE_WRITABLE | layout_1.PTE_DIRTY);
        return frame;
    }
    const made = (0, tables_1.entryMake)(mm, page);
    if (made == 0)
        return layout_1.ENOMEM;
    const frame = (0, frames_1.frameAlloc)(load(mm, layout_1.MM_NID), true);
    if (frame == 0)
        return layout_1.ENOMEM;
    (0, tables_1.leafHold)(made);
    (0, tables_1.pteSet)(made, frame | layout_1.PTE_PRESENT | layout_1.PTE_WRITABLE | layout_1.PTE_DIRTY);
    return frame;
}
/** Gives `entry` a frame of its own with the same bytes, mapped read-only. An errno where no frame is left. */
function ownCopy(mm, entry) {
    const pte = (0, tables_1.pteOf)(entry);
    const shared = pte & layout_1.PTE_FRAME;
    const isZero = shared == (0, frames_1.zeroFrame)();
    const copy = (0, frames_1.frameAlloc)(load(mm, layout_1.MM_NID), isZero);
    if (copy == 0)
        return layout_1.ENOMEM;
    if (isZero) {
        if (pte & layout_1.PTE_KSM_ZERO)
            countKsmZero(mm, -1);
    }
    else {
        memory.copy(copy, shared, layout_1.PAGE_SIZE);
        if ((0, frames_1.frameIsKsm)(shared))
            store(layout_1.H_COW_KSM, load(layout_1.H_COW_KSM) + 1);
        (0, frames_1.framePut)(shared);
    }
    (0, tables_1.pteSet)(entry, copy | layout_1.PTE_PRESENT);
    return copy;
}
/** Maps the frame of the shared object behind `vma`, making it if this is the first touch anywhere. */
function mapShared(mm, page, vma) {
    const object = load(vma, layout_1.VMA_OBJECT);
    const own = (0, tables_1.entryMake)(mm, page);
    const backing = (0, tables_1.entryMake)(object, load(vma, layout_1.VMA_OBJECT_PAGE) + (page - (0, vmas_1.vmaStart)(vma)));
    if (own == 0 || backing == 0)
        return layout_1.ENOMEM;
    if (!((0, tables_1.pteOf)(backing) & layout_1.PTE_PRESENT)) {
        const fresh = (0, frames_1.frameAlloc)(load(mm, layout_1.MM_NID), true);
        if (fresh == 0)
            return layout_1.ENOMEM;
        (0, tables_1.leafHold)(backing);
        (0, tables_1.pteSet)(backing, fresh | layout_1.PTE_PRESENT | layout_1.PTE_SHARED);
    }
    const frame = (0, tables_1.pteOf)(backing) & layout_1.PTE_FRAME;
    if (!((0, tables_1.pteOf)(own) & layout_1.PTE_PRESENT)) {
        (0, tables_1.leafHold)(own);
        (0, frames_1.frameGet)(frame);
    }
    const writable = (0, vmas_1.vmaFlags)(vma) & layout_1.VM_WRITE ? layout_1.PTE_WRITABLE | layout_1.PTE_DIRTY : 0;
    (0, tables_1.pteSet)(own, frame | layout_1.PTE_PRESENT | layout_1.PTE_SHARED | writable);
    return frame;
}
/** KSM put the zero frame at one more (1) or one less (-1) page of `mm`. */
function countKsmZero(mm, change) {
    store(layout_1.H_KSM_ZERO_PAGES, load(layout_1.H_KSM_ZERO_PAGES) + change);
    store(mm, load(mm, layout_1.MM_ZERO_PAGES) + change, layout_1.MM_ZERO_PAGES);
}
/** Takes the mapping away, as munmap, DONTNEED and exit do. The rmap item stays for the scanner to find. */
function zap(mm, entry) {
    const pte = (0, tables_1.pteOf)(entry);
    if (!(pte & layout_1.PTE_PRESENT))
        return;
    if (pte & layout_1.PTE_KSM_ZERO)
        countKsmZero(mm, -1);
    const frame = pte & layout_1.PTE_FRAME;
    if (frame != (0, frames_1.zeroFrame)())
        (0, frames_1.framePut)(frame);
    (0, tables_1.pteSet)(entry, 0);
    (0, tables_1.leafDrop)(entry);
}
