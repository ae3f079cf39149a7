"use strict";
/**
 * XXH64 of one page: the checksum that 64-bit Linux keeps for ksmd (its low 32 bits), seed 0.
 *
 * Written from the xxHash specification (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). A page is a whole
 * number of 32-byte stripes, so the specification's tail handling does not exist here. Every step is scalar: the four
 * lanes need 64-bit multiplication, which WebAssembly's SIMD has only in emulated form.
 */
Object.defineProperty(exports, "__esModule", { value: true });
exports.hashXxh64 = hashXxh64;
exports.avalanche = avalanche;
const layout_1 = require("../layout");
const PRIME_1 = 0x9e3779b185ebca87;
const PRIME_2 = 0xc2b2ae3d27d4eb4f;
const PRIME_3 = 0x165667b19e3779f9;
const PRIME_4 = 0x85ebca77c2b2ae63;
/** XXH64 with seed 0 of the PAGE_SIZE bytes at `page`. */
function hashXxh64(page) {
    let a = PRIME_1 + PRIME_2;
    let b = PRIME_2;
    let c = 0;
    let d = 0 - PRIME_1;
    let i = 0;
    do {
        a = round(a, load(page + i));
        b = round(b, load(page + i, 8));
        c = round(c, load(page + i, 16));
        d = round(d, load(page + i, 24));
        i += 32;
    } while (i != layout_1.PAGE_SIZE);
    let hash = rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18);
    hash = mergeLane(hash, a);
    hash = mergeLane(hash, b);
    hash = mergeLane(hash, c);
    hash = mergeLane(hash, d);
    return avalanche(hash + layout_1.PAGE_SIZE);
}
/** XXH64's last step: a bijection of 64 bits after which every bit depends on every bit. */
function avalanche(hash) {
    hash = (hash ^ (hash >> 33)) * PRIME_2;
    hash = (hash ^ (hash >> 29)) * PRIME_3;
    return hash ^ (hash >> 32);
}
function round(lane, word) {
    return rotl(lane + word * PRIME_2, 31) * PRIME_1;
}
function mergeLane(hash, lane) {
    return (hash ^ round(0, lane)) * PRIME_1 + PRIME_4;
}
