/** What the pictures of the benches have in common: their frame, their texts, and how small print is broken into lines. */

export const WIDTH = 960;
export const INK = '#1f2328';
export const GREY = '#57606a';

/** A picture of `height`, which brings its own background, so that it can be read on a light and on a dark page. */
export function picture(height: number, title: string, subtitle: string, parts: readonly string[]): string {
  const font = 'font-family="system-ui, -apple-system, \'Segoe UI\', Helvetica, Arial, sans-serif" font-size="14"';
  const size = `viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" ${font} fill="${INK}">`,
    `<title>${escaped(title)}</title>`,
    `<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8" fill="#ffffff" stroke="#d0d7de"/>`,
    text(24, 34, title, 'font-size="19" font-weight="600"'),
    text(24, 56, subtitle, `font-size="13" fill="${GREY}"`),
    ...parts,
    '</svg>\n',
  ].join('\n');
}

/** Lines of small print from y = `top` on; where they end. */
export function smallPrint(lines: readonly string[], top: number): { parts: string[]; bottom: number } {
  const parts = lines
    .flatMap(wrapped)
    .map((line, index) => text(24, top + 17 * (index + 1), line, `font-size="11" fill="${GREY}"`));
  return { parts, bottom: top + 17 * parts.length };
}

/** Characters of the small print that fit a line. */
const LINE = 135;

/** The words of a line of small print, in lines that fit. */
function wrapped(words: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words.split(' ')) {
    if (line.length + word.length >= LINE) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}

export function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A coordinate with as many digits as can be seen. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
