"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.arenaTake = arenaTake;
exports.arenaGive = arenaGive;
exports.arenaRoom = arenaRoom;
/**
 * Arenas of equal records: the only allocator there is. Their sizes are fixed when the memory is laid out.
 *
 * A free list is three words in the header (layout.ts, FREE_*). A free record's first word links to the next; records that
 * were never used need no links, so a large arena costs nothing until it is used.
 */
const layout_1 = require("../layout");
/**
 * A record of `bytes` zero bytes from the arena at `base` with room for `limit` records; 0 where all are in use, with
 * `limitName` (LIMIT_*) noted in the header.
 */
function arenaTake(list, base, bytes, limit, limitName) {
    let record = load(list, layout_1.FREE_FIRST);
    if (record != 0) {
        store(list, load(record), layout_1.FREE_FIRST);
        memory.fill(record, 0, bytes);
    }
    else {
        const fresh = load(list, layout_1.FREE_FRESH);
        if (fresh == limit) {
            store(layout_1.H_LIMIT_HIT, limitName);
            return 0;
        }
        store(list, fresh + 1, layout_1.FREE_FRESH);
        record = base + fresh * bytes;
    }
    store(list, load(list, layout_1.FREE_USED) + 1, layout_1.FREE_USED);
    return record;
}
function arenaGive(list, record) {
    store(record, load(list, layout_1.FREE_FIRST));
    store(list, record, layout_1.FREE_FIRST);
    store(list, load(list, layout_1.FREE_USED) - 1, layout_1.FREE_USED);
}
/** Records that can still be taken. */
function arenaRoom(list, limit) {
    return limit - load(list, layout_1.FREE_USED);
}
