import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { CaseReport } from "../benchmark.ts";
import type { GrowthPoint } from "../growth/growth.ts";

const SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json";
const CONFIG = { background: "white", font: "sans-serif", view: { stroke: "#ddd" } } as const;

/** What one operation costs against the number of events that are there, a panel for each case. */
export const growthPlot = (points: readonly GrowthPoint[]): Promise<string> =>
  svg({
    $schema: SCHEMA,
    config: CONFIG,
    data: { values: [...points] },
    facet: { field: "case", title: null, sort: null },
    columns: 2,
    spec: {
      width: 300,
      height: 180,
      mark: { type: "line", point: true },
      encoding: {
        x: { field: "events", type: "quantitative", scale: { type: "log" }, title: "events there" },
        y: { field: "micros", type: "quantitative", title: "µs for one operation" },
        color: { field: "variant", title: null },
      },
    },
    resolve: { scale: { y: "independent" } },
  });

/** The rate of every variant as a share of the floor's, a bar for each number of connections. */
export const ratioPlot = ({ name, variants }: CaseReport): Promise<string> =>
  svg({
    $schema: SCHEMA,
    config: CONFIG,
    title: name,
    data: {
      values: variants.flatMap(({ name: variant, measurements }) =>
        measurements.map(({ connections, ofFloor }) => ({ variant, connections, ofFloor })),
      ),
    },
    width: 420,
    height: { step: 9 },
    mark: "bar",
    encoding: {
      y: { field: "variant", sort: null, title: null },
      yOffset: { field: "connections", type: "ordinal" },
      x: { field: "ofFloor", type: "quantitative", title: "rate, as a share of the floor's" },
      color: { field: "connections", type: "ordinal", title: "connections" },
    },
  });

const svg = (spec: TopLevelSpec): Promise<string> =>
  new View(parse(compile(spec).spec), { renderer: "none" }).toSVG();
