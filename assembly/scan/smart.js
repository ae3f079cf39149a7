"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.smartScanSkips = smartScanSkips;
/** Smart scan: pages that went unmerged for a while are looked at less often. */
const layout_1 = require("../layout");
const rmap_1 = require("../merge/rmap");
/** Passes to skip after a visit at this age. */
function skipsAt(age) {
    return age <= 3 ? 1 : age <= 5 ? 2 : age <= 8 ? 4 : 8;
}
/**
 * Ages the item of an ordinary page and says whether this visit is skipped. A skipped item leaves its tree. Pages in KSM
 * frames neither age nor are skipped: do not ask for them.
 */
function smartScanSkips(entry) {
    if (!load(layout_1.H_SMART_SCAN))
        return false;
    let state = (0, rmap_1.stateOf)(entry);
    const age = (state >> layout_1.STATE_AGE_SHIFT) & layout_1.STATE_BYTE;
    if (age != layout_1.STATE_BYTE)
        state += 1 << layout_1.STATE_AGE_SHIFT;
    const skips = (state >> layout_1.STATE_SKIPS_SHIFT) & layout_1.STATE_BYTE;
    if (age < 3 || skips == 0) {
        if (age >= 3)
            state += skipsAt(age) << layout_1.STATE_SKIPS_SHIFT;
        (0, rmap_1.stateSet)(entry, state);
        return false;
    }
    (0, rmap_1.stateSet)(entry, state - (1 << layout_1.STATE_SKIPS_SHIFT));
    store(layout_1.H_PAGES_SKIPPED, load(layout_1.H_PAGES_SKIPPED) + 1);
    (0, rmap_1.itemUnlink)(entry);
    return true;
}
