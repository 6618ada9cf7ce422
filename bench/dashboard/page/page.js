// Lays a Grafana dashboard out from its JSON on Grafana's grid of 24 columns; charts.js draws what is in the panels.

const { format, overrideOf, legendOf, drawSeries, drawHeatmap } = globalThis.charts;

const CELL_HEIGHT = 30;
const GAP = 8;

function add(parent, tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

/** As moment.js says it, and with it Grafana. */
function fromNow(seconds) {
  const hours = Math.round(seconds / 3600);
  if (seconds < 2700) return `in ${Math.round(seconds / 60)} minutes`;
  return hours < 2 ? "in an hour" : hours < 22 ? `in ${hours} hours` : "in a day";
}

function thresholdColour({ fieldConfig }, value) {
  return fieldConfig.defaults.thresholds.steps.findLast((step) => step.value === null || value >= step.value).color;
}

/** As much Markdown as the dashboard's text panels use: paragraphs, numbered lists, **strong** and `code`. */
function addMarkdown(element, markdown) {
  const inline = (parent, text) => {
    for (const part of text.split(/(\*\*.+?\*\*|`.+?`)/)) {
      if (part.startsWith("**")) add(parent, "strong", "", part.slice(2, -2));
      else if (part.startsWith("`")) add(parent, "code", "", part.slice(1, -1));
      else parent.append(part);
    }
  };
  for (const block of markdown.split("\n\n")) {
    if (!/^\d+\. /.test(block)) {
      inline(add(element, "p"), block);
      continue;
    }
    const list = add(element, "ol");
    for (const line of block.split("\n")) inline(add(list, "li"), line.replace(/^\d+\. /, ""));
  }
}

const DRAW = {
  text: ({ options }, _answer, _range, body) => addMarkdown(add(body, "div", "text"), options.content),

  stat(panel, { series }, range, body) {
    const { unit, noValue } = panel.fieldConfig.defaults;
    const value = series[0]?.values[0] ?? null;
    const said = () =>
      unit === "dateTimeFromNow" ? fromNow(value / 1000 - range.to) : format(unit, unit === "short" ? Math.round(value) : value);
    const stat = add(body, "div", "stat", value === null ? noValue : said());
    stat.style.color = thresholdColour(panel, value ?? 0);
    stat.style.fontSize = stat.textContent.length > 8 ? "23px" : "34px";
  },

  bargauge(panel, { series }, _range, body) {
    const isVertical = panel.options.orientation === "vertical";
    const bars = add(body, "div", isVertical ? "bars upright" : "bars");
    const greatest = Math.max(...series.map(({ values }) => values[0] ?? 0), 1);
    for (const { name, values } of isVertical ? series.toSorted((a, b) => (a.name < b.name ? -1 : 1)) : series) {
      const value = values[0] ?? 0;
      const colour = overrideOf(panel, name).color?.fixedColor ?? panel.fieldConfig.defaults.color.fixedColor;
      add(bars, "span", "", name);
      const bar = add(add(bars, "div"), "b");
      bar.style[isVertical ? "height" : "width"] = `${(value / greatest) * 100}%`;
      bar.style.background = colour;
      add(bars, "span", "", format("short", Math.round(value))).style.color = colour;
    }
  },

  heatmap(panel, answer, range, body) {
    const scale = add(body.parentElement, "div", "scale");
    // Grafana's legend: the colours between the smallest and the greatest cell.
    const { greatest, colours } = drawHeatmap(panel, answer, range, body);
    add(scale, "span", "", "0");
    add(scale, "i").style.background = `linear-gradient(to right, ${colours.join(", ")})`;
    add(scale, "span", "", `${Math.round(greatest)} an hour`);
  },

  timeseries(panel, answer, range, body) {
    if (answer.series.length > 0) drawSeries(panel, answer, range, body);
    else add(body, "div", "nothing", panel.fieldConfig.defaults.noValue ?? "No data");
  },
};

/** Called by picture.ts. */
globalThis.drawDashboard = ({ title, range, panels }) => {
  const main = document.querySelector("main");
  const header = add(main, "header");
  add(header, "h1", "", title);
  add(header, "span", "", "job: cognito-bff   ·   process: All");
  const day = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");
  add(header, "span", "range", `${day(range.from)} to ${day(range.to)} UTC`);
  const grid = add(main, "div", "grid");
  const column = (grid.clientWidth + GAP) / 24;
  const heightOf = (cells) => cells * (CELL_HEIGHT + GAP) - GAP;
  grid.style.height = `${Math.max(...panels.map(({ panel }) => heightOf(panel.gridPos.y + panel.gridPos.h)))}px`;
  for (const { panel, answer } of panels) {
    const { x, y, w, h } = panel.gridPos;
    const element = add(grid, "section", panel.type === "row" ? "row" : "panel", panel.type === "row" ? panel.title : undefined);
    Object.assign(element.style, {
      left: `${x * column}px`,
      top: `${y * (CELL_HEIGHT + GAP)}px`,
      width: `${w * column - GAP}px`,
      height: `${heightOf(h)}px`,
    });
    if (panel.type === "row") continue;
    add(element, "h2", "", panel.title);
    const body = add(element, "div", "body");
    // The legend takes its room before the chart is measured.
    if (panel.type === "timeseries" && answer.series.length > 0) {
      const legend = add(element, "div", "legend");
      for (const { name, colour } of legendOf(panel, answer)) {
        const entry = add(legend, "span");
        add(entry, "i").style.background = colour;
        entry.append(name);
      }
    }
    DRAW[panel.type](panel, answer, range, body);
  }
};
