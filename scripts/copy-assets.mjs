// Puts the engine binary where the compiled driver looks for it: dist mirrors the repository's own layout.
import { cpSync } from 'node:fs';

cpSync('build/engine.wasm', 'dist/build/engine.wasm');
