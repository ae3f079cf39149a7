/**
 * Where everything lies in the one linear memory: every offset, size, flag and limit, and the tables of settings and counters.
 *
 * These files are compiled by asc into the engine and imported by src/, so no number in them is written twice. They may hold only
 * `u32` constants, expressions of them, and pure functions of `u32`, besides the rows of those tables. An address is a byte offset from
 * the start of the memory; address 0 means "none". Nothing is ever stored below HEADER (the compiler may assume that the first 1024
 * bytes are unused).
 *
 *   0         HEADER          regions, whose bases and sizes depend on the limits chosen at creation      end - 4096
 *   | unused  | header, key,  | mms | vmas | tables | leaves | ptes | states | items | dirty bitmap | domains | reserved |
 *   |         | scanners      | roots | nodes | rooms | frame words | pin counts | folios | frames (4096 bytes each) | page     |
 */
export * from './abi.ts';
export * from './counters.ts';
export * from './header.ts';
export * from './records.ts';
export * from './regions.ts';
export * from './scanner.ts';
export * from './settings.ts';
export * from './words.ts';
