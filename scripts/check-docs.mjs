// Checks the project's Markdown: every link and image to a file leads to a file, every #anchor to a heading, every npm script
// that is named exists, nothing points outside the repository, and nobody is told to run `npx ksm`, which would fetch a stranger's
// package. Paths, words of the layout and options: test/docs/names.test.ts.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(file));
const scripts = Object.keys(JSON.parse(readFileSync('package.json', 'utf8')).scripts);
const problems = [];

/** Headings as the anchors that Markdown viewers make of them. */
function anchorsOf(text) {
  const headings = [...withoutCode(text).matchAll(/^#{1,6} +(.+)$/gm)].map((match) => match[1]);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[`*]/g, '')
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .replace(/ /g, '-'),
  );
}

const withoutCode = (text) => text.replace(/^```.*?^```/gms, '');

function checkLink(file, target) {
  if (/^(https?:|mailto:)/.test(target)) return;
  const [path, anchor] = target.split('#');
  const resolved = path === '' ? file : normalize(join(dirname(file), path));
  if (resolved.startsWith('..')) problems.push(`${file}: ${target} leads out of the repository`);
  else if (!existsSync(resolved)) problems.push(`${file}: ${target} does not exist`);
  else if (anchor && resolved.endsWith('.md') && !anchorsOf(readFileSync(resolved, 'utf8')).includes(anchor)) {
    problems.push(`${file}: ${target} names no heading of ${resolved}`);
  }
}

for (const file of files) {
  const text = readFileSync(file, 'utf8');
  for (const match of withoutCode(text)
    .replace(/`[^`\n]*`/g, '')
    .matchAll(/\]\(([^)\s]+)\)/g))
    checkLink(file, match[1]);
  if (/npx ksm(?!-wasm)/.test(text)) problems.push(`${file}: "npx ksm" must be "npx ksm-wasm"`);
  for (const match of text.matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)) {
    if (!scripts.includes(match[1])) problems.push(`${file}: there is no script "npm run ${match[1]}"`);
  }
}

const needed = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'LICENSE'];
for (const file of needed) if (!existsSync(file)) problems.push(`${file} is missing`);

for (const problem of problems) console.error(problem);
console.log(
  problems.length === 0 ? `docs: ${files.length} files, all links lead somewhere` : `docs: ${problems.length} problems`,
);
process.exit(problems.length === 0 ? 0 : 1);
