// Where the project's repository is, said in one place: "repository.url" of package.json. From it "homepage" and "bugs" follow, and
// the absolute links of README.md, which is read in registries too, where no file lies beside it.
//
//   fill     before packing: writes what follows into package.json and README.md, and keeps the originals in .prepack/
//   restore  after packing: puts the originals back
//   expect   before publishing: fails while the address is still the placeholder
//
// Nothing is changed while it is: links stay relative, and the three fields name a host that cannot exist.

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

const KEPT = '.prepack';
const FILES = ['package.json', 'README.md'];
const PLACEHOLDER = 'repository.invalid';

/** The address of the repository's page: "https://github.com/owner/name". Undefined while it is not set. */
function pageOf({ repository }) {
  const given = typeof repository === 'string' ? repository : repository.url;
  const url = given
    .replace(/^git\+/, '')
    .replace(/^github:|^(?=[\w.-]+\/[\w.-]+$)/, 'https://github.com/')
    .replace(/^(ssh:\/\/)?git@([^:/]+)[:/]/, 'https://$2/')
    .replace(/^git:/, 'https:')
    .replace(/(\.git)?\/?$/, '');
  if (!/^https?:\/\/[^/]+\/./.test(url)) {
    throw new Error(
      `package.json: repository.url is "${given}"; expected an address such as https://github.com/owner/name`,
    );
  }
  return new URL(url).hostname === PLACEHOLDER ? undefined : url;
}

/** The text with every link to a file of the repository made absolute; pictures lead to the bytes, others to the page. */
function withAbsoluteLinks(markdown, page) {
  const way = /gitlab/.test(new URL(page).hostname) ? `${page}/-` : page;
  const kindOf = (bang, path) => (bang === '!' ? 'raw' : path.endsWith('/') ? 'tree' : 'blob');
  const link = (whole, bang, text, path) =>
    /^([a-z]+:|#|\/)/i.test(path) ? whole : `${bang}[${text}](${way}/${kindOf(bang, path)}/HEAD/${path})`;
  const parts = markdown.split(/(^```.*?^```)/ms);
  return parts
    .map((part) => (part.startsWith('```') ? part : part.replace(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g, link)))
    .join('');
}

function fill(manifest, page) {
  if (existsSync(KEPT)) {
    throw new Error(`${KEPT}/ holds ${FILES.join(' and ')} of a packing that was cut off: put them back or remove it`);
  }
  mkdirSync(KEPT);
  const readme = readFileSync('README.md', 'utf8');
  for (const file of FILES) renameSync(file, `${KEPT}/${file}`);
  const filled = { ...manifest, homepage: `${page}#readme`, bugs: `${page}/issues` };
  writeFileSync('package.json', `${JSON.stringify(filled, null, 2)}\n`);
  writeFileSync('README.md', withAbsoluteLinks(readme, page));
}

function restore() {
  if (!existsSync(KEPT)) return;
  for (const file of FILES) renameSync(`${KEPT}/${file}`, file);
  rmSync(KEPT, { recursive: true });
}

try {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
  const page = pageOf(manifest);
  const unset = 'package.json: repository.url is the placeholder; set it to the address of the repository';
  switch (process.argv[2]) {
    case 'fill':
      if (page === undefined) console.error(`${unset}. Packed as it is, README.md keeps its relative links.`);
      else fill(manifest, page);
      break;
    case 'restore':
      restore();
      break;
    case 'expect':
      if (page === undefined) throw new Error(unset);
      break;
    default:
      throw new Error('usage: node scripts/repository.mjs fill | restore | expect');
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
