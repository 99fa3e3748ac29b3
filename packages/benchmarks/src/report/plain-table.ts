/** A table with a title, whose first line names its columns. */
export interface PlainTable {
  readonly title: string;
  readonly rows: readonly (readonly string[])[];
}

/** As text for a terminal: the first column to the left, the others to the right. */
export const tableText = ({ title, rows }: PlainTable): string => {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((cells) => cells[at]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join("  ");
  return [`${title}:`, ...rows.map(line)].join("\n");
};

export const count = (value: number): string => Math.round(value).toLocaleString("en");
export const milliseconds = (value: number): string => value.toFixed(value < 10 ? 2 : 0);
