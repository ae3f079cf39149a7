"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.runWrite = runWrite;
exports.quietSettingWrite = quietSettingWrite;
/** What writing `run`, `max_page_sharing` and `merge_across_nodes` does besides changing a number. */
const layout_1 = require("../layout");
const mm_1 = require("../memory/mm");
const vmas_1 = require("../memory/vmas");
const unmerge_1 = require("../merge/unmerge");
const batch_1 = require("./batch");
const slots_1 = require("./slots");
/** Writes `run` (0, 1 or 2). 2 unmerges everything; ENOMEM: run is 0, and what was unmerged stays so. */
function runWrite(run) {
    if (load(layout_1.H_RUN) == run)
        return 0;
    store(layout_1.H_RUN, run);
    if (run != 2)
        return 0;
    const failed = unmergeAll();
    store(layout_1.H_CURSOR_SLOT, layout_1.SLOTS);
    store(layout_1.H_CURSOR_PAGE, 0);
    if (!failed)
        return 0;
    store(layout_1.H_RUN, 0);
    return failed;
}
function unmergeAll() {
    for (let mm = load(layout_1.SLOTS, layout_1.MM_SLOT_NEXT); mm != layout_1.SLOTS;) {
        for (let vma = (0, vmas_1.vmaFirst)(mm); vma != 0; vma = (0, vmas_1.vmaNext)(vma)) {
            if (!((0, vmas_1.vmaFlags)(vma) & layout_1.VM_MERGEABLE))
                continue;
            if ((0, unmerge_1.unmergeRange)(mm, (0, vmas_1.vmaStart)(vma), (0, vmas_1.vmaEnd)(vma)))
                return layout_1.ENOMEM;
        }
        (0, batch_1.itemsFree)(mm, 0);
        const next = load(mm, layout_1.MM_SLOT_NEXT);
        if (load(mm, layout_1.MM_FLAGS) & layout_1.MM_EXITED) {
            (0, slots_1.slotRemove)(mm);
            (0, mm_1.mmFree)(mm);
        }
        mm = next;
    }
    (0, unmerge_1.stableForget)();
    store(layout_1.H_FULL_SCANS, 0);
    return 0;
}
/** Writes a setting that may change only while nothing is merged; stale nodes are forgotten on the way. 0 or EBUSY. */
function quietSettingWrite(setting, value) {
    if (load(setting) == value)
        return 0;
    if (load(layout_1.H_PAGES_SHARED) != 0 || (0, unmerge_1.stableForget)())
        return layout_1.EBUSY;
    store(setting, value);
    return 0;
}
