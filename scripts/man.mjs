// Writes the manual pages of the package, from the built program's own table: dist/man/ksm.1, and the page under the package's name.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { allCommands } from '../dist/src/cli/commands.js';
import { manualPage } from '../dist/src/cli/man.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const { SOURCE_DATE_EPOCH: seconds } = process.env; // for packages that can be made again, byte for byte
const date = (seconds === undefined ? new Date() : new Date(Number(seconds) * 1000)).toISOString().slice(0, 10);
const folder = new URL('../dist/man/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('ksm.1', folder), manualPage(await allCommands(), version, date));
writeFileSync(new URL('ksm-wasm.1', folder), '.so man1/ksm.1\n');
