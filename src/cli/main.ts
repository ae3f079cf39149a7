#!/usr/bin/env node
/**
 * The command line `ksm`: this file is its address; the rest is in dist/src/program, to which scripts/bundle.mjs binds src/cli.
 *
 * It imports nothing, and so only this one file goes through the loader of ES modules. listen.ts is what runs first.
 */
const { createRequire } = process.getBuiltinModule('node:module');
createRequire(import.meta.url)('../program/listen.cjs');
