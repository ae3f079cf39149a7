/** For TypeScript only: asc knows this name where it is told to (--use SIMULATION=1), and isDefined asks whether it was. */
declare const SIMULATION: i32;
