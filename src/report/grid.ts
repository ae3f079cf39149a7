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

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  /** If the width does not suffice, the highest rank goes first; 0 stays. */
  readonly rank: number;
  cell(row: Row): string;
}

/** The columns that fit into `width` characters, each with the two blanks before it. */
export function fitting<Row, C extends Column<Row>>(
  columns: readonly C[],
  rows: readonly Row[],
  width: number,
): readonly C[] {
  const most = columns.reduce((highest, { rank }) => Math.max(highest, rank), 0);
  if (most === 0 || widthOf(cells(columns, rows)) <= width) return columns;
  return fitting(
    columns.filter(({ rank }) => rank < most),
    rows,
    width,
  );
}

/** Titles, and the cells of each row. */
export function cells<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[][] {
  return [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ cell }) => cell(row)))];
}

/** Characters that the columns take, each with the two blanks before it. */
export function widthOf(rows: readonly (readonly string[])[]): number {
  return columnWidths(rows).reduce((total, one) => total + one + 2, 0);
}
