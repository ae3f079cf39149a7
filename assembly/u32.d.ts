/** What AssemblyScript calls an unsigned 32-bit integer; to TypeScript it is a number. */
declare type u32 = number;
