// Puts what tsc does not compile where the compiled driver looks for it: dist mirrors the repository's own layout.
import { cpSync } from 'node:fs';

for (const file of ['build/engine.wasm', 'build/engine.debug.wasm', 'src/kernel/puppet.c'])
  cpSync(file, `dist/${file}`);
