// Units, colours and the charts themselves. Browser code, with uPlot as a global; page.js lays the panels out.

const DIM = "#8e8f9c";
const FONT = '11px Inter, "DejaVu Sans", "Liberation Sans", sans-serif';
/** Grafana's classic palette, for series without a colour of their own. */
const PALETTE = ["#5794F2", "#5AC8BE", "#F2CC0C", "#FF9830", "#B877D9", "#73BF69"];
const INFERNO = ["#1f2127", "#2c1150", "#641a80", "#a32c63", "#dd513a", "#f98e09", "#f9c932", "#fcffa4"];

const trimmed = (value, digits) => String(Number(value.toFixed(digits)));
const short = (value) => (Math.abs(value) >= 1000 ? `${trimmed(value / 1000, 2)} K` : trimmed(value, Math.abs(value) < 10 ? 2 : 1));

const UNITS = {
  short,
  reqps: (value) => `${short(value)} req/s`,
  percentunit: (value) => `${trimmed(value * 100, 0)}%`,
  s: (value) => (value === 0 ? "0 s" : value < 1 ? `${trimmed(value * 1000, 1)} ms` : `${trimmed(value, 2)} s`),
  bytes: (value) =>
    value >= 2 ** 20 ? `${trimmed(value / 2 ** 20, 0)} MiB` : value >= 1024 ? `${trimmed(value / 1024, 1)} KiB` : `${trimmed(value, 0)} B`,
  dthms(value) {
    const two = (part) => String(Math.floor(part)).padStart(2, "0");
    return `${two(value / 3600)}:${two((value % 3600) / 60)}:${two(value % 60)}`;
  },
  dtdurations(value) {
    const hours = Math.floor(value / 3600);
    const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
    return hours < 24 ? plural(hours, "hour") : `${plural(Math.floor(hours / 24), "day")}, ${plural(hours % 24, "hour")}`;
  },
};
const format = (unit, value) => (UNITS[unit] ?? short)(value);

function overrideOf(panel, name) {
  const found = panel.fieldConfig.overrides.find(({ matcher }) => matcher.id === "byName" && matcher.options === name);
  return Object.fromEntries((found?.properties ?? []).map(({ id, value }) => [id, value]));
}

/** The names of a panel's lines with their colours. */
const legendOf = (panel, { series }) => series.map(({ name }, index) => ({ name, colour: colourOf(panel, name, index) }));

const colourOf = (panel, name, index) => overrideOf(panel, name).color?.fixedColor ?? PALETTE[index % PALETTE.length];

const isPowerOf10 = (value) => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 0.001;
const POWERS_OF_2 = Array.from({ length: 40 }, (_, power) => 2 ** power);
const axisStyle = { stroke: DIM, font: FONT, grid: { stroke: "#25282e", width: 1 }, ticks: { show: false } };

function timeAxis() {
  const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const label = (seconds) => {
    const date = new Date(seconds * 1000);
    return date.getUTCHours() === 0
      ? `${days[date.getUTCDay()]} ${date.getUTCDate()}`
      : `${String(date.getUTCHours()).padStart(2, "0")}:00`;
  };
  return { ...axisStyle, size: 26, gap: 4, space: 54, incrs: [3600 * 6, 3600 * 12, 86400], values: (_chart, splits) => splits.map(label) };
}

/** Adds each series to the one below it. */
function stacked(series) {
  const sums = [];
  return series.map(({ values }) => values.map((value, index) => (sums[index] = (sums[index] ?? 0) + (value ?? 0))));
}

function drawThresholds(panel, chart) {
  const { custom, thresholds } = panel.fieldConfig.defaults;
  if (custom.thresholdsStyle.mode === "off") return;
  const { ctx, bbox } = chart;
  for (const { color, value } of thresholds.steps.filter((step) => step.value !== null)) {
    const y = chart.valToPos(value, "y", true);
    if (y < bbox.top) continue;
    ctx.save();
    ctx.strokeStyle = color;
    ctx.setLineDash([7, 5]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }
}

/** Lines or bars over time. */
function drawSeries(panel, { times, series }, range, element) {
  const { custom, unit, min, max } = panel.fieldConfig.defaults;
  const isStacked = custom.stacking.mode === "normal";
  const bars = custom.drawStyle === "bars";
  const lines = series.map((line, index) => {
    const override = overrideOf(panel, line.name);
    return { ...line, colour: colourOf(panel, line.name, index), onRight: override["custom.axisPlacement"] === "right", override };
  });
  const values = isStacked ? stacked(lines) : lines.map((line) => line.values);
  const order = lines.map((_, index) => index);
  // uPlot paints in order, so the highest sum goes first and the lower ones cover it.
  if (isStacked) order.reverse();
  const alpha = (colour, opacity) =>
    `${colour}${Math.round((opacity / 100) * 255)
      .toString(16)
      .padStart(2, "0")}`;
  const isLog = custom.scaleDistribution.type === "log";
  const isFlat = values.every((line) => line.every((value) => !value));
  new uPlot(
    {
      width: element.clientWidth,
      height: element.clientHeight,
      padding: [8, 14, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: true, range: () => [range.from, range.to] },
        y: isLog ? { distr: 3, log: 10 } : { range: (_chart, low, high) => [min ?? low, max ?? (isFlat ? 1 : high * 1.08)] },
        right: { range: (_chart, _low, high) => [0, Math.max(1, high)] },
      },
      axes: [
        timeAxis(),
        {
          ...axisStyle,
          size: 62,
          gap: 6,
          space: 30,
          ...(unit === "bytes" && { incrs: POWERS_OF_2 }),
          ...(isLog && {
            grid: { ...axisStyle.grid, filter: (_chart, splits) => splits.map((value) => (isPowerOf10(value) ? value : null)) },
          }),
          values: (_chart, splits) => splits.map((value) => (value === null ? "" : format(unit, value))),
        },
      ],
      series: [
        {},
        ...order.map((index) => {
          const { colour, override, onRight } = lines[index];
          const opacity = override["custom.fillOpacity"] ?? custom.fillOpacity;
          return {
            scale: onRight ? "right" : "y",
            stroke: colour,
            width: bars ? 0 : isStacked ? 1 : 1.6,
            fill: onRight ? undefined : isStacked ? colour : alpha(colour, opacity),
            dash: override["custom.lineStyle"]?.dash,
            points: { show: false },
            paths: bars ? uPlot.paths.bars({ size: [0.8, 30], align: -1 }) : undefined,
          };
        }),
      ],
      hooks: { draw: [(drawn) => drawThresholds(panel, drawn)] },
    },
    [times, ...order.map((index) => values[index])],
    element,
  );
}

function heat(share) {
  const at = Math.sqrt(share) * (INFERNO.length - 1);
  const [low, high] = [INFERNO[Math.floor(at)], INFERNO[Math.min(Math.ceil(at), INFERNO.length - 1)]];
  return `color-mix(in srgb, ${low} ${100 - (at % 1) * 100}%, ${high})`;
}

/** Cumulative buckets over time as cells, a row a bucket, as Grafana does with Prometheus's histograms. Returns the greatest cell. */
function drawHeatmap(panel, { times, series }, range, element) {
  const { yAxis, filterValues } = panel.options;
  const rows = series
    .map(({ labels, values }) => ({ bound: labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels.le), values }))
    .sort((a, b) => a.bound - b.bound);
  const cells = rows.map(({ values }, row) =>
    values.map((value, index) => Math.max(0, (value ?? 0) - (rows[row - 1]?.values[index] ?? 0))),
  );
  const greatest = Math.max(...cells.flat());
  const step = times[1] - times[0];
  const label = (row) => (rows[row] === undefined ? "" : Number.isFinite(rows[row].bound) ? format(yAxis.unit, rows[row].bound) : "+Inf");
  new uPlot(
    {
      width: element.clientWidth,
      height: element.clientHeight,
      padding: [8, 14, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: true, range: () => [range.from, range.to] }, y: { range: () => [0, rows.length] } },
      axes: [
        timeAxis(),
        {
          ...axisStyle,
          size: 74,
          gap: 6,
          splits: () => rows.map((_, index) => index + 1),
          values: (_chart, splits) => splits.map((split) => label(split - 1)),
          font: FONT.replace("11px", "10px"),
          grid: { show: false },
        },
      ],
      series: [{}, { show: false }],
      hooks: {
        draw: [
          (chart) => {
            const { ctx } = chart;
            for (const [row, values] of cells.entries())
              for (const [index, value] of values.entries()) {
                if (value <= filterValues.le) continue;
                const [left, right] = [times[index] - step, times[index]].map((time) => chart.valToPos(time, "x", true));
                const [bottom, top] = [row, row + 1].map((bound) => chart.valToPos(bound, "y", true));
                ctx.fillStyle = heat(value / greatest);
                const from = Math.max(left, chart.bbox.left);
                ctx.fillRect(from, top + 0.5, right - from - 1, bottom - top - 1);
              }
          },
        ],
      },
    },
    [times, times.map(() => 0)],
    element,
  );
  return { greatest, colours: INFERNO };
}

globalThis.charts = { format, overrideOf, legendOf, drawSeries, drawHeatmap };
