/** The value below which a share of the values lies, between neighbours in proportion. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = Float64Array.from(values).sort();
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) return Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
};

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/**
 * The median of the ratios of values that were measured next to each other. A machine that slows down
 * for a while slows both, so this holds still where the values themselves do not.
 */
export const medianRatio = (values: readonly number[], floor: readonly number[]): number => {
  if (values.length !== floor.length) {
    throw new Error(`${values.length} values cannot be paired with ${floor.length}`);
  }
  return median(values.map((value, at) => value / (floor[at] as number)));
};
