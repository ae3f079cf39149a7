/** For TypeScript only: asc knows these names if it is told to (--use SIMULATION=1), and isDefined asks whether it was. */
declare const SIMULATION: i32;
/** The engine over names of contents instead of bytes (page/page). */
declare const PAGE_NAMES: i32;
