"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.slotEnter = slotEnter;
exports.slotRemove = slotRemove;
exports.slotMoveBehindCursor = slotMoveBehindCursor;
/**
 * ksmd's list of mms, in the order in which it visits them. A slot is two link fields of the mm itself; SLOTS is the list's
 * sentinel, and the cursor stands on it between passes.
 */
const layout_1 = require("../layout");
/** Links `mm` in before `slot`. */
function linkBefore(mm, slot) {
    const previous = load(slot, layout_1.MM_SLOT_PREV);
    store(mm, slot, layout_1.MM_SLOT_NEXT);
    store(mm, previous, layout_1.MM_SLOT_PREV);
    store(previous, mm, layout_1.MM_SLOT_NEXT);
    store(slot, mm, layout_1.MM_SLOT_PREV);
}
function unlink(mm) {
    const next = load(mm, layout_1.MM_SLOT_NEXT);
    const previous = load(mm, layout_1.MM_SLOT_PREV);
    store(previous, next, layout_1.MM_SLOT_NEXT);
    store(next, previous, layout_1.MM_SLOT_PREV);
}
/** Registers `mm` if it is not. It is reached last: right before the cursor; while run is 2, at the end of the list. */
function slotEnter(mm) {
    const flags = load(mm, layout_1.MM_FLAGS);
    if (flags & layout_1.MM_MERGEABLE)
        return;
    store(mm, flags | layout_1.MM_MERGEABLE, layout_1.MM_FLAGS);
    linkBefore(mm, load(layout_1.H_RUN) & 2 ? layout_1.SLOTS : load(layout_1.H_CURSOR_SLOT));
}
function slotRemove(mm) {
    unlink(mm);
    store(mm, load(mm, layout_1.MM_FLAGS) & ~layout_1.MM_MERGEABLE, layout_1.MM_FLAGS);
}
/** An mm that ended is cleaned up next: its slot goes right behind the cursor's. */
function slotMoveBehindCursor(mm) {
    unlink(mm);
    linkBefore(mm, load(load(layout_1.H_CURSOR_SLOT), layout_1.MM_SLOT_NEXT));
}
