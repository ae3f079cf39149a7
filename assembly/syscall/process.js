"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.spawn = spawn;
exports.fork = fork;
exports.exit = exit;
/** Processes coming and going: spawn, fork, exit. What the scanner has to know of it is told to its slot list here. */
const layout_1 = require("../layout");
const mm_1 = require("../memory/mm");
const vmas_1 = require("../memory/vmas");
const slots_1 = require("../scan/slots");
/** A new, empty process. 0: a limit is reached. */
function spawn(nid) {
    (0, vmas_1.limitForget)();
    return (0, mm_1.mmCreate)(nid, 0);
}
/** A copy-on-write copy of `parent`. 0: a limit is reached, and nothing has changed. */
function fork(parent) {
    const child = spawn(load(parent, layout_1.MM_NID));
    if (child == 0)
        return 0;
    if ((0, mm_1.mmCopy)(parent, child)) {
        (0, mm_1.mmEmpty)(child);
        (0, mm_1.mmFree)(child);
        return 0;
    }
    const flags = load(parent, layout_1.MM_FLAGS);
    store(child, load(child, layout_1.MM_FLAGS) | (flags & layout_1.MM_MERGE_ANY), layout_1.MM_FLAGS);
    if (flags & layout_1.MM_MERGEABLE)
        (0, slots_1.slotEnter)(child);
    return child;
}
/** Ends a process. Its memory goes at once; its rmap items, if it has any, when the scanner comes by. */
function exit(mm) {
    (0, mm_1.mmEmpty)(mm);
    const flags = load(mm, layout_1.MM_FLAGS);
    store(mm, flags | layout_1.MM_EXITED, layout_1.MM_FLAGS);
    if (!(flags & layout_1.MM_MERGEABLE)) {
        (0, mm_1.mmFree)(mm);
    }
    else if (load(layout_1.H_CURSOR_SLOT) == mm) {
        return; // the scanner stands on it and will free it
    }
    else if (load(mm, layout_1.MM_RMAP_ITEMS) == 0) {
        (0, slots_1.slotRemove)(mm);
        (0, mm_1.mmFree)(mm);
    }
    else {
        (0, slots_1.slotMoveBehindCursor)(mm);
    }
}
