"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.map = map;
exports.unmap = unmap;
exports.protect = protect;
exports.advise = advise;
exports.mergeAnySet = mergeAnySet;
exports.hasMergeable = hasMergeable;
/** mmap, munmap, mprotect, madvise: ranges are in pages, [page, page + pages). All return 0 or an errno. */
const layout_1 = require("../layout");
const mm_1 = require("../memory/mm");
const tables_1 = require("../memory/tables");
const vmas_1 = require("../memory/vmas");
const unmerge_1 = require("../merge/unmerge");
const slots_1 = require("../scan/slots");
/** May KSM take pages of a vma with these flags? */
function isEligible(flags) {
    return (flags & (layout_1.VM_SHARED | layout_1.VM_SPECIAL)) == 0;
}
function isInRange(page, pages) {
    return page <= layout_1.MM_PAGES && pages <= layout_1.MM_PAGES - page;
}
/** Maps anonymous memory; what was mapped there goes first, unless MAP_FIXED_NOREPLACE forbids (EEXIST). */
function map(mm, page, pages, how) {
    (0, vmas_1.limitForget)();
    if (pages == 0)
        return layout_1.EINVAL;
    if (!isInRange(page, pages))
        return layout_1.ENOMEM;
    const end = page + pages;
    const met = (0, vmas_1.vmaAtOrAbove)(mm, page);
    const replaces = met != 0 && (0, vmas_1.vmaStart)(met) < end;
    if (replaces && how & layout_1.MAP_FIXED_NOREPLACE)
        return layout_1.EEXIST;
    if (!(0, vmas_1.vmaRoom)(replaces ? 3 : 1))
        return layout_1.ENOMEM;
    let flags = how & layout_1.MAP_NONE ? 0 : how & layout_1.MAP_READ_ONLY ? layout_1.VM_READ : layout_1.VM_READ | layout_1.VM_WRITE;
    if (how & layout_1.MAP_SPECIAL)
        flags |= layout_1.VM_SPECIAL;
    let object = 0;
    if (how & layout_1.MAP_SHARED) {
        flags |= layout_1.VM_SHARED;
        object = (0, mm_1.objectCreate)(load(mm, layout_1.MM_NID));
        if (object == 0)
            return layout_1.ENOMEM;
    }
    if (replaces)
        unmap(mm, page, pages);
    if (load(mm, layout_1.MM_FLAGS) & layout_1.MM_MERGE_ANY && isEligible(flags)) {
        (0, slots_1.slotEnter)(mm);
        flags |= layout_1.VM_MERGEABLE;
    }
    (0, vmas_1.vmaInsert)(mm, page, end, flags, object, 0);
    (0, vmas_1.vmaMergeAround)(mm, page, end);
    return 0;
}
function unmap(mm, page, pages) {
    (0, vmas_1.limitForget)();
    if (pages == 0 || !isInRange(page, pages))
        return layout_1.EINVAL;
    const end = page + pages;
    if (!(0, vmas_1.vmaSplitRoom)(mm, page, end))
        return layout_1.ENOMEM;
    (0, vmas_1.vmaSplit)(mm, page);
    (0, vmas_1.vmaSplit)(mm, end);
    for (let vma = (0, vmas_1.vmaAtOrAbove)(mm, page); vma != 0 && (0, vmas_1.vmaStart)(vma) < end; vma = (0, vmas_1.vmaAtOrAbove)(mm, page)) {
        (0, mm_1.zapRange)(mm, (0, vmas_1.vmaStart)(vma), (0, vmas_1.vmaEnd)(vma));
        (0, mm_1.objectRelease)((0, vmas_1.vmaRemove)(mm, vma));
    }
    return 0;
}
/** `access`: VM_READ and VM_WRITE bits. Stops with ENOMEM at the first hole; what lies before it is changed. */
function protect(mm, page, pages, access) {
    (0, vmas_1.limitForget)();
    if (pages == 0)
        return 0;
    if (!isInRange(page, pages))
        return layout_1.ENOMEM;
    const end = page + pages;
    if (!(0, vmas_1.vmaSplitRoom)(mm, page, end))
        return layout_1.ENOMEM;
    (0, vmas_1.vmaSplit)(mm, page);
    (0, vmas_1.vmaSplit)(mm, end);
    let at = page;
    while (at < end) {
        const vma = (0, vmas_1.vmaFind)(mm, at);
        if (vma == 0)
            break;
        (0, vmas_1.vmaChange)(vma, layout_1.VM_READ | layout_1.VM_WRITE, access);
        at = (0, vmas_1.vmaEnd)(vma);
        if (!(access & layout_1.VM_WRITE))
            writeProtectRange(mm, (0, vmas_1.vmaStart)(vma), at);
    }
    (0, vmas_1.vmaMergeAround)(mm, page, end);
    return at < end ? layout_1.ENOMEM : 0;
}
function writeProtectRange(mm, start, end) {
    for (let page = (0, tables_1.nextMappedPage)(mm, start, end); page < end; page = (0, tables_1.nextMappedPage)(mm, page + 1, end)) {
        const entry = (0, tables_1.entryFind)(mm, page);
        (0, tables_1.pteSet)(entry, (0, tables_1.pteOf)(entry) & ~layout_1.PTE_WRITABLE);
    }
}
/** Linux's madvise: holes give ENOMEM after the mapped parts were done; a limit of KSM's own gives EAGAIN. */
function advise(mm, page, pages, advice) {
    (0, vmas_1.limitForget)();
    if (advice != layout_1.MADV_DONTNEED && advice != layout_1.MADV_MERGEABLE && advice != layout_1.MADV_UNMERGEABLE)
        return layout_1.EINVAL;
    if (pages == 0)
        return 0;
    if (!isInRange(page, pages))
        return layout_1.ENOMEM;
    const end = page + pages;
    if (advice == layout_1.MADV_DONTNEED) {
        for (let vma = (0, vmas_1.vmaAtOrAbove)(mm, page); vma != 0 && (0, vmas_1.vmaStart)(vma) < end; vma = (0, vmas_1.vmaNext)(vma)) {
            (0, mm_1.zapRange)(mm, max(page, (0, vmas_1.vmaStart)(vma)), min(end, (0, vmas_1.vmaEnd)(vma)));
        }
    }
    else {
        const failed = setMergeable(mm, page, end, advice == layout_1.MADV_MERGEABLE);
        if (failed)
            return layout_1.EAGAIN;
    }
    return (0, vmas_1.vmaHasHole)(mm, page, end) ? layout_1.ENOMEM : 0;
}
/** Marks the eligible parts of [start, end) mergeable, or unmerges and unmarks them. 0, or the errno at which it stopped. */
function setMergeable(mm, start, end, mergeable) {
    let failed = 0;
    for (let vma = (0, vmas_1.vmaAtOrAbove)(mm, start); vma != 0 && (0, vmas_1.vmaStart)(vma) < end; vma = (0, vmas_1.vmaNext)(vma)) {
        const flags = (0, vmas_1.vmaFlags)(vma);
        if (mergeable ? flags & layout_1.VM_MERGEABLE || !isEligible(flags) : !(flags & layout_1.VM_MERGEABLE))
            continue;
        const from = max(start, (0, vmas_1.vmaStart)(vma));
        const to = min(end, (0, vmas_1.vmaEnd)(vma));
        failed = (0, vmas_1.vmaSplitRoom)(mm, from, to) ? 0 : layout_1.ENOMEM;
        if (!failed && mergeable)
            (0, slots_1.slotEnter)(mm);
        else if (!failed)
            failed = (0, unmerge_1.unmergeRange)(mm, from, to);
        if (failed)
            break;
        (0, vmas_1.vmaSplit)(mm, from);
        (0, vmas_1.vmaSplit)(mm, to);
        vma = (0, vmas_1.vmaFind)(mm, from);
        (0, vmas_1.vmaChange)(vma, layout_1.VM_MERGEABLE, mergeable ? layout_1.VM_MERGEABLE : 0);
    }
    (0, vmas_1.vmaMergeAround)(mm, start, end);
    return failed;
}
/** prctl(PR_SET_MEMORY_MERGE): every eligible mapping, now and later, is mergeable; off unmerges all. 0 or an errno. */
function mergeAnySet(mm, on) {
    (0, vmas_1.limitForget)();
    const flags = load(mm, layout_1.MM_FLAGS);
    if (((flags & layout_1.MM_MERGE_ANY) != 0) == on)
        return 0;
    if (on) {
        (0, slots_1.slotEnter)(mm);
        store(mm, load(mm, layout_1.MM_FLAGS) | layout_1.MM_MERGE_ANY, layout_1.MM_FLAGS);
        setMergeable(mm, 0, layout_1.MM_PAGES, true);
        return 0;
    }
    const failed = setMergeable(mm, 0, layout_1.MM_PAGES, false);
    if (failed) {
        setMergeable(mm, 0, layout_1.MM_PAGES, true);
        return failed;
    }
    store(mm, load(mm, layout_1.MM_FLAGS) & ~layout_1.MM_MERGE_ANY, layout_1.MM_FLAGS);
    return 0;
}
/** Is at least one mapping mergeable? */
function hasMergeable(mm) {
    for (let vma = (0, vmas_1.vmaFirst)(mm); vma != 0; vma = (0, vmas_1.vmaNext)(vma)) {
        if ((0, vmas_1.vmaFlags)(vma) & layout_1.VM_MERGEABLE)
            return true;
    }
    return false;
}
