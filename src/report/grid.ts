/** Aligned columns of plain text. Widths are counted in code points, which is right for everything a report prints. */

/** Widest cell of each column. */
export function columnWidths(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, [...cell].length);
    });
  }
  return widths;
}

/** Rows as lines, two blanks between columns; the columns in `left` are aligned to the left, all others to the right. */
export function grid(rows: readonly (readonly string[])[], left: readonly number[]): string[] {
  const widths = columnWidths(rows);
  const align = (cell: string, column: number): string => {
    const blanks = ' '.repeat((widths[column] ?? 0) - [...cell].length);
    return left.includes(column) ? cell + blanks : blanks + cell;
  };
  return rows.map((row) => row.map(align).join('  ').trimEnd());
}
