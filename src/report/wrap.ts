/** Running text in lines of a width. Widths are counted in code points, as everywhere in a report. */

/** Breaks `text` between words; every line but the first begins with `indent`. A word that is longer than a line is kept whole. */
export function wrap(text: string, width: number, indent: string = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/ +/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || [...longer].length <= width) line = longer;
    else {
      lines.push(line);
      line = `${indent}${word}`;
    }
  }
  return [...lines, line].join('\n');
}

/** Terms and what they mean, side by side, or below each other where the terms would take more than half of the width. */
export function definitions(rows: readonly (readonly [term: string, text: string])[], width: number): string {
  const column = Math.max(...rows.map(([term]) => [...term].length)) + 4;
  const isBeside = column <= width / 2;
  const indent = ' '.repeat(isBeside ? column : 6);
  return rows
    .map(([term, text]) => {
      const head = isBeside ? `  ${term}`.padEnd(column) : `  ${term}\n${indent}`;
      return head + wrap(text, width - indent.length).replaceAll('\n', `\n${indent}`);
    })
    .join('\n');
}
