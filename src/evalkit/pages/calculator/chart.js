"use strict";
/* Bars of the change by area: to the right more, to the left less, the number beside each; its table stands below. */

const MOST_BARS = 30;
const ROW = 22;
const NAME_WIDTH = 110;
const NUMBER_WIDTH = 76;
const LEAST_WIDTH = 300;
let chartWidth = LEAST_WIDTH;

/** How much room there is; asked for when the page opens or turns, since the answer takes a layout. */
function measureChart() {
  chartWidth = Math.max(LEAST_WIDTH, byId("chart-figure").parentElement.clientWidth);
}

/** @param {Year} shown */
function showChart({ year, old, made }) {
  const all = shownAreas()
    .filter((/** @type {number} */ at) => data.reckoned[year][at])
    .map((/** @type {number} */ at) => ({ at, more: made.areas[at] - old.areas[at] }));
  const bars = all.length > MOST_BARS ? largest(all) : all;
  const part = bars.length < all.length;
  byId("chart-title").textContent = say(part ? "table.chart_part" : "table.chart", { year, count: bars.length });
  const empty = !bars.some((/** @type {{more: bigint}} */ { more }) => more !== 0n);
  byId("chart-figure").hidden = empty;
  if (!empty) byId("chart").replaceChildren(chartOf(bars, chartWidth));
}

/** The areas that change most, in the order of the table. @param {{at: number, more: bigint}[]} all */
function largest(all) {
  const sorted = [...all].sort((a, b) => (sizeOf(a.more) < sizeOf(b.more) ? 1 : sizeOf(b.more) < sizeOf(a.more) ? -1 : 0));
  return sorted.slice(0, MOST_BARS).sort((a, b) => a.at - b.at);
}

/** @param {{at: number, more: bigint}[]} bars @param {number} width */
function chartOf(bars, width) {
  const values = bars.map(({ more }) => Number(more));
  const [least, top] = [Math.min(0, ...values), Math.max(0, ...values)];
  const left = NAME_WIDTH + (least < 0 ? NUMBER_WIDTH : 4);
  const room = width - left - (top > 0 ? NUMBER_WIDTH : 4);
  const x = (/** @type {number} */ value) => left + ((value - least) / (top - least || 1)) * room;
  const height = bars.length * ROW + 4;
  const rows = bars.flatMap(({ at, more }, n) => {
    const [from, to] = [x(Math.min(0, values[n])), x(Math.max(0, values[n]))];
    const beyond = more < 0n ? { x: from - 4, "text-anchor": "end" } : { x: to + 4 };
    return [
      element("svg:text", { x: 0, y: n * ROW + 16, text: shortened(areaName(at)) }),
      element("svg:rect", { class: more < 0n ? "less" : "more", x: from, y: n * ROW + 4, width: Math.max(0, to - from), height: ROW - 7 }),
      element("svg:text", { ...beyond, y: n * ROW + 16, text: wan(more) }),
    ];
  });
  const axis = element("svg:line", { class: "axis", x1: x(0), x2: x(0), y1: 0, y2: height });
  const about = { role: "img", "aria-labelledby": "chart-title", "aria-describedby": "chart-about" };
  return element("svg:svg", { ...about, viewBox: `0 0 ${width} ${height}`, width: "100%" }, ...rows, axis);
}

/** @param {string} name */
const shortened = (name) => (name.length > 8 ? `${[...name].slice(0, 7).join("")}…` : name);
