"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.tableAlloc = tableAlloc;
exports.leafFind = leafFind;
exports.entryFind = entryFind;
exports.entryMake = entryMake;
exports.entryMm = entryMm;
exports.entryPage = entryPage;
exports.leafHold = leafHold;
exports.leafDrop = leafDrop;
exports.leafTrim = leafTrim;
exports.nextMappedPage = nextMappedPage;
exports.tablesFree = tablesFree;
exports.pteOf = pteOf;
exports.pteSet = pteSet;
/**
 * Page tables: from (mm, page number) to the entry that holds the pte and the rmap item of that page.
 *
 * Three levels (layout.ts). A leaf comes into being with the first entry that is needed in its 512 pages, and may go when
 * it holds neither a present pte nor an rmap item; LEAF_USED counts both. An rmap item outlives its mapping until the
 * scanner passes, which is why leaves belong to the mm and not to a vma.
 */
const layout_1 = require("../layout");
const arena_1 = require("./arena");
/** A new, empty table of addresses; 0 where the arena is full. */
function tableAlloc() {
    return (0, arena_1.arenaTake)(layout_1.H_FREE_TABLES, load(layout_1.H_TABLES), layout_1.TABLE_BYTES, load(layout_1.H_TABLE_LIMIT), layout_1.LIMIT_TABLES);
}
/** Address of the middle table's word for `page`, or 0 where there is no middle table. */
function leafSlot(mm, page) {
    const middle = load(load(mm, layout_1.MM_PGD) + ((page >> (2 * layout_1.TABLE_BITS)) << 2));
    return middle == 0 ? 0 : middle + (((page >> layout_1.TABLE_BITS) & (layout_1.TABLE_ENTRIES - 1)) << 2);
}
/** Number of the leaf that covers `page`, or 0. */
function leafFind(mm, page) {
    const slot = leafSlot(mm, page);
    return slot == 0 ? 0 : load(slot);
}
/** The entry of `page`, or 0 where its leaf does not exist. */
function entryFind(mm, page) {
    const leaf = leafFind(mm, page);
    return leaf == 0 ? 0 : (leaf << layout_1.TABLE_BITS) | (page & (layout_1.TABLE_ENTRIES - 1));
}
/** The entry of `page`, with its leaf made if need be; 0 where an arena is full. */
function entryMake(mm, page) {
    let slot = leafSlot(mm, page);
    if (slot == 0) {
        const middle = tableAlloc();
        if (middle == 0)
            return 0;
        store(load(mm, layout_1.MM_PGD) + ((page >> (2 * layout_1.TABLE_BITS)) << 2), middle);
        slot = leafSlot(mm, page);
    }
    let leaf = load(slot);
    if (leaf == 0) {
        const record = (0, arena_1.arenaTake)(layout_1.H_FREE_LEAVES, load(layout_1.H_LEAVES), layout_1.LEAF_BYTES, load(layout_1.H_LEAF_LIMIT), layout_1.LIMIT_PAGES);
        if (record == 0)
            return 0;
        leaf = (record - load(layout_1.H_LEAVES)) / layout_1.LEAF_BYTES;
        store(record, mm, layout_1.LEAF_MM);
        store(record, page & ~(layout_1.TABLE_ENTRIES - 1), layout_1.LEAF_PAGE);
        store(slot, leaf);
    }
    return (leaf << layout_1.TABLE_BITS) | (page & (layout_1.TABLE_ENTRIES - 1));
}
function leafRecord(leaf) {
    return load(layout_1.H_LEAVES) + leaf * layout_1.LEAF_BYTES;
}
function entryMm(entry) {
    return load(leafRecord(entry >> layout_1.TABLE_BITS), layout_1.LEAF_MM);
}
function entryPage(entry) {
    return load(leafRecord(entry >> layout_1.TABLE_BITS), layout_1.LEAF_PAGE) + (entry & (layout_1.TABLE_ENTRIES - 1));
}
/** A pte or an rmap item came into the entry's leaf. */
function leafHold(entry) {
    const record = leafRecord(entry >> layout_1.TABLE_BITS);
    store(record, load(record, layout_1.LEAF_USED) + 1, layout_1.LEAF_USED);
}
/** A pte or an rmap item left the entry's leaf, which stays until leafTrim. */
function leafDrop(entry) {
    const record = leafRecord(entry >> layout_1.TABLE_BITS);
    store(record, load(record, layout_1.LEAF_USED) - 1, layout_1.LEAF_USED);
}
/** Frees the leaf that covers `page` if nothing is in it. Entries of it must not be in anybody's hands. */
function leafTrim(mm, page) {
    const slot = leafSlot(mm, page);
    if (slot == 0)
        return;
    const leaf = load(slot);
    if (leaf == 0)
        return;
    const record = leafRecord(leaf);
    if (load(record, layout_1.LEAF_USED) != 0)
        return;
    store(slot, 0);
    (0, arena_1.arenaGive)(layout_1.H_FREE_LEAVES, record);
}
/** The first page at or after `page` that has a leaf, or `end` where there is none before it. Skips what is empty in leaps. */
function nextMappedPage(mm, page, end) {
    while (page < end) {
        const slot = leafSlot(mm, page);
        if (slot == 0)
            page = ((page >> (2 * layout_1.TABLE_BITS)) + 1) << (2 * layout_1.TABLE_BITS);
        else if (load(slot) == 0)
            page = ((page >> layout_1.TABLE_BITS) + 1) << layout_1.TABLE_BITS;
        else
            return page;
    }
    return end;
}
/** Frees all tables of an mm whose leaves are empty. */
function tablesFree(mm) {
    for (let page = nextMappedPage(mm, 0, layout_1.MM_PAGES); page < layout_1.MM_PAGES; page = nextMappedPage(mm, page, layout_1.MM_PAGES)) {
        leafTrim(mm, page);
        page = ((page >> layout_1.TABLE_BITS) + 1) << layout_1.TABLE_BITS;
    }
    const pgd = load(mm, layout_1.MM_PGD);
    for (let index = 0; index < layout_1.TABLE_ENTRIES; index++) {
        const middle = load(pgd + (index << 2));
        if (middle != 0)
            (0, arena_1.arenaGive)(layout_1.H_FREE_TABLES, middle);
    }
    (0, arena_1.arenaGive)(layout_1.H_FREE_TABLES, pgd);
}
function pteOf(entry) {
    return load(load(layout_1.H_PTES) + (entry << 2));
}
function pteSet(entry, pte) {
    store(load(layout_1.H_PTES) + (entry << 2), pte);
}
