"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.mmCreate = mmCreate;
exports.mmFree = mmFree;
exports.zapRange = zapRange;
exports.mmEmpty = mmEmpty;
exports.objectCreate = objectCreate;
exports.objectRelease = objectRelease;
exports.mmCopy = mmCopy;
/**
 * Address spaces as a whole: making, copying, emptying and freeing them. Nothing here knows of KSM's lists; what an mm's end
 * or copy means to the scanner is the business of syscall/.
 */
const layout_1 = require("../layout");
const arena_1 = require("./arena");
const fault_1 = require("./fault");
const frames_1 = require("./frames");
const tables_1 = require("./tables");
const vmas_1 = require("./vmas");
/** An empty address space that prefers frames of NUMA node `nid`; 0 where a limit is reached. */
function mmCreate(nid, flags) {
    const mm = (0, arena_1.arenaTake)(layout_1.H_FREE_MMS, load(layout_1.H_MMS), layout_1.MM_BYTES, load(layout_1.H_MM_LIMIT), layout_1.LIMIT_PROCESSES);
    if (mm == 0)
        return 0;
    const pgd = (0, tables_1.tableAlloc)();
    if (pgd == 0) {
        (0, arena_1.arenaGive)(layout_1.H_FREE_MMS, mm);
        return 0;
    }
    store(mm, layout_1.MM_IN_USE | flags, layout_1.MM_FLAGS);
    store(mm, pgd, layout_1.MM_PGD);
    store(mm, nid, layout_1.MM_NID);
    return mm;
}
/** Frees an mm that holds no mapping, no pte and no rmap item any more. */
function mmFree(mm) {
    (0, tables_1.tablesFree)(mm);
    store(mm, 0, layout_1.MM_FLAGS);
    (0, arena_1.arenaGive)(layout_1.H_FREE_MMS, mm);
}
/** Takes every pte in [start, end) away, and the leaves that are empty then. */
function zapRange(mm, start, end) {
    let page = (0, tables_1.nextMappedPage)(mm, start, end);
    while (page < end) {
        const leafEnd = ((page >> layout_1.TABLE_BITS) + 1) << layout_1.TABLE_BITS;
        const stop = leafEnd < end ? leafEnd : end;
        for (let entry = (0, tables_1.entryFind)(mm, page), left = stop - page; left != 0; left--, entry++)
            (0, fault_1.zap)(mm, entry);
        (0, tables_1.leafTrim)(mm, page);
        page = (0, tables_1.nextMappedPage)(mm, stop, end);
    }
}
/** Takes every mapping of `mm` away, and the shared objects that nobody maps any more. */
function mmEmpty(mm) {
    for (let vma = (0, vmas_1.vmaFirst)(mm); vma != 0; vma = (0, vmas_1.vmaFirst)(mm)) {
        zapRange(mm, (0, vmas_1.vmaStart)(vma), (0, vmas_1.vmaEnd)(vma));
        objectRelease((0, vmas_1.vmaRemove)(mm, vma));
    }
}
/** A shared object: an mm that nobody runs in and whose ptes hold the object's frames. 0 where a limit is reached. */
function objectCreate(nid) {
    return mmCreate(nid, layout_1.MM_SHARED_OBJECT);
}
/** Frees a shared object after its last vma went (`object` as vmaRemove returned it: may be 0). */
function objectRelease(object) {
    if (object == 0)
        return;
    zapRange(object, 0, layout_1.MM_PAGES);
    mmFree(object);
}
/**
 * Makes `child` (empty) a copy-on-write copy of `parent`. Shared mappings are copied as mappings only, and so are private ones
 * that were never written: a fault brings their pages in, as on Linux. Returns 0 or an errno; after an errno the child
 * is incomplete and the parent unharmed.
 */
function mmCopy(parent, child) {
    if (!(0, vmas_1.vmaRoom)(load(parent, layout_1.MM_VMA_COUNT)))
        return layout_1.ENOMEM;
    for (let vma = (0, vmas_1.vmaFirst)(parent); vma != 0; vma = (0, vmas_1.vmaNext)(vma)) {
        const flags = (0, vmas_1.vmaFlags)(vma);
        const object = load(vma, layout_1.VMA_OBJECT);
        (0, vmas_1.vmaInsert)(child, (0, vmas_1.vmaStart)(vma), (0, vmas_1.vmaEnd)(vma), flags, object, load(vma, layout_1.VMA_OBJECT_PAGE));
        if (flags & layout_1.VM_SHARED || !(flags & layout_1.VM_ANON))
            continue;
        const failed = copyRange(parent, child, (0, vmas_1.vmaStart)(vma), (0, vmas_1.vmaEnd)(vma));
        if (failed)
            return failed;
    }
    return 0;
}
function copyRange(parent, child, start, end) {
    for (let page = (0, tables_1.nextMappedPage)(parent, start, end); page < end; page = (0, tables_1.nextMappedPage)(parent, page + 1, end)) {
        const source = (0, tables_1.entryFind)(parent, page);
        const pte = (0, tables_1.pteOf)(source);
        if (!(pte & layout_1.PTE_PRESENT))
            continue;
        const copy = (0, tables_1.entryMake)(child, page);
        if (copy == 0)
            return layout_1.ENOMEM;
        const frame = pte & layout_1.PTE_FRAME;
        if (frame != (0, frames_1.zeroFrame)())
            (0, frames_1.frameGet)(frame);
        if (pte & layout_1.PTE_KSM_ZERO) {
            store(layout_1.H_KSM_ZERO_PAGES, load(layout_1.H_KSM_ZERO_PAGES) + 1);
            store(child, load(child, layout_1.MM_ZERO_PAGES) + 1, layout_1.MM_ZERO_PAGES);
        }
        (0, tables_1.pteSet)(source, pte & ~layout_1.PTE_WRITABLE);
        (0, tables_1.pteSet)(copy, pte & ~(layout_1.PTE_WRITABLE | layout_1.PTE_MERGED));
        (0, tables_1.leafHold)(copy);
    }
    return 0;
}
