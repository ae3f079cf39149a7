"use strict";
/**
 * What the page benches run: each kernel over a run of pages inside one call, beside plain reads of the same bytes.
 *
 * Every loop returns something that depends on all results, so that nothing can be optimised away. Pages lie back to back
 * from `page` on; a loop over pairs takes the second pages from `other` on.
 */
Object.defineProperty(exports, "__esModule", { value: true });
exports.expandKey = void 0;
exports.fillPages = fillPages;
exports.keyedLoop = keyedLoop;
exports.xxh64Loop = xxh64Loop;
exports.compareLoop = compareLoop;
exports.equalLoop = equalLoop;
exports.readLoop = readLoop;
exports.readPairsLoop = readPairsLoop;
const compare_1 = require("./compare");
const hash_1 = require("./hash");
Object.defineProperty(exports, "expandKey", { enumerable: true, get: function () { return hash_1.expandKey; } });
const PAGE = 4096;
/** Fills pages with a reproducible stream (xorshift64*). */
function fillPages(page, pages, seed) {
    // The generator must not start from 0.
    let state = seed + 0x9e3779b97f4a7c15;
    for (let left = pages * 512; left != 0; left--) {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        store(page, state * 0x2545f4914f6cdd1d);
        page += 8;
    }
}
function keyedLoop(page, pages, key) {
    let sink = 0;
    for (; pages != 0; pages--) {
        sink += (0, hash_1.hashKeyed)(page, key);
        page += PAGE;
    }
    return (sink ^ (sink >> 32));
}
function xxh64Loop(page, pages) {
    let sink = 0;
    for (; pages != 0; pages--) {
        sink += (0, hash_1.hashXxh64)(page);
        page += PAGE;
    }
    return (sink ^ (sink >> 32));
}
function compareLoop(page, other, pages) {
    let sink = 0;
    for (; pages != 0; pages--) {
        sink += (0, compare_1.comparePages)(page, other);
        page += PAGE;
        other += PAGE;
    }
    return sink;
}
function equalLoop(page, other, pages) {
    let sink = 0;
    for (; pages != 0; pages--) {
        sink += (0, compare_1.equalPages)(page, other) ? 1 : 0;
        page += PAGE;
        other += PAGE;
    }
    return sink;
}
/** The limit of hashing: reading every byte, with four independent sums. */
function readLoop(page, pages) {
    let a = i64x2.splat(0);
    let b = a;
    let c = a;
    let d = a;
    for (; pages != 0; pages--) {
        let i = 0;
        do {
            a = i64x2.add(a, v128.load(page + i));
            b = i64x2.add(b, v128.load(page + i, 16));
            c = i64x2.add(c, v128.load(page + i, 32));
            d = i64x2.add(d, v128.load(page + i, 48));
            i += 64;
        } while (i != PAGE);
        page += PAGE;
    }
    return fold(i64x2.add(i64x2.add(a, b), i64x2.add(c, d)));
}
/** The limit of comparing: reading two runs of pages side by side. */
function readPairsLoop(page, other, pages) {
    let a = i64x2.splat(0);
    let b = a;
    let c = a;
    let d = a;
    for (; pages != 0; pages--) {
        let i = 0;
        do {
            a = i64x2.add(i64x2.add(a, v128.load(page + i)), v128.load(other + i));
            b = i64x2.add(i64x2.add(b, v128.load(page + i, 16)), v128.load(other + i, 16));
            c = i64x2.add(i64x2.add(c, v128.load(page + i, 32)), v128.load(other + i, 32));
            d = i64x2.add(i64x2.add(d, v128.load(page + i, 48)), v128.load(other + i, 48));
            i += 64;
        } while (i != PAGE);
        page += PAGE;
        other += PAGE;
    }
    return fold(i64x2.add(i64x2.add(a, b), i64x2.add(c, d)));
}
function fold(sum) {
    const both = v128.extract_lane(sum, 0) ^ v128.extract_lane(sum, 1);
    return (both ^ (both >> 32));
}
