/** The layout as asc imports it; src/ imports layout/index.ts. asc takes no extension in `export … from`, and Node.js demands one. */
export * from './layout/abi';
export * from './layout/counters';
export * from './layout/header';
export * from './layout/records';
export * from './layout/regions';
export * from './layout/scanner';
export * from './layout/settings';
export * from './layout/words';
