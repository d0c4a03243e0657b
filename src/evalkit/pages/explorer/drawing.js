"use strict";
/* Pieces of a drawing: texts, marks, axes. Looks are attributes and classes, so that a saved file looks as the page does
   and the page needs no style of its own in an element. */

const INK = "#1b1b1b";
const QUIET = "#4a4a4a";
const PALE = "#d4d4d4";
const BAR = "#7db4da";
const ALARM = "#9b1c1c";
const GOAL = "#006b3c";
const FONT = '"Noto Sans SC","Microsoft YaHei","PingFang SC",sans-serif';
/** Colours of the areas chosen, each with a shape of its own: Okabe and Ito's, whose greys alternate. */
const SERIES = ["#0072b2", "#e69f00", "#007a59", "#f0e442", "#d55e00", "#56b4e9"];
const SHAPES = ["circle", "square", "triangle", "diamond", "down", "cross"];
const DASHES = ["", "7 3", "2 3", "9 3 2 3", "12 4", "4 4"];
/** Classes repeat sizes and colours, since the page's own style of texts comes before attributes. */
const TONES = { ink: INK, quiet: QUIET, alarm: ALARM, white: "#ffffff" };

/** Width in ems: a Chinese character is one. @param {string} text */
function ems(text) {
  let found = 0;
  for (const one of text) found += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6“”‘’—…●▲■]/.test(one) ? 1 : 0.57;
  return found;
}

/** Lines of at most `width` pixels. @param {string} text @param {number} size @param {number} width @returns {string[]} */
function wrapped(text, size, width) {
  const room = Math.max(4, width / size);
  const lines = [];
  let line = "";
  for (const piece of text.match(/[!-~]+ ?|./gu) || []) {
    for (const part of ems(piece) > room ? [...piece] : [piece]) {
      if (line && ems(line + part) > room && !/^[，。、；：）》”％]/.test(part)) {
        lines.push(line.trimEnd());
        line = "";
      }
      line += line || part !== " " ? part : "";
    }
  }
  return line ? [...lines, line] : lines;
}

/** A name cut to a width. @param {string} text @param {number} size @param {number} width */
function fitted(text, size, width) {
  if (ems(text) * size <= width) return text;
  let kept = "";
  for (const one of text) {
    if ((ems(kept + one) + 1) * size > width) break;
    kept += one;
  }
  return `${kept}…`;
}

/**
 * A line of text at a place. @param {number} x @param {number} y @param {string} text
 * @param {{size?: number, tone?: "ink"|"quiet"|"alarm"|"white", anchor?: "start"|"middle"|"end", bold?: boolean, halo?: boolean}} [look]  halo: white around, over lines
 */
function writing(x, y, text, { size = 13, tone = "ink", anchor = "start", bold = false, halo = false } = {}) {
  return element("svg:text", { x: round(x), y: round(y), text, "font-family": FONT, "font-size": size, fill: TONES[tone], "text-anchor": anchor,
    "font-weight": bold && "bold", ...(halo && { stroke: "#ffffff", "stroke-width": 3, "paint-order": "stroke" }), class: `s${size} ${tone}${bold ? " bold" : ""}` });
}

/** Tenths of a pixel are enough. @param {number} x */
const round = (x) => Math.round(x * 10) / 10;

/** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 @param {Object<string, any>} [look] */
const stroke = (x1, y1, x2, y2, look = {}) => element("svg:line", { x1: round(x1), y1: round(y1), x2: round(x2), y2: round(y2), stroke: INK, ...look });

/** @param {number} x @param {number} y @param {number} width @param {number} height @param {Object<string, any>} [look] */
const box = (x, y, width, height, look = {}) => element("svg:rect", { x: round(x), y: round(y), width: round(Math.max(0, width)), height: round(height), ...look });

/** A mark of a shape. @param {string} shape @param {number} x @param {number} y @param {number} r @param {Object<string, any>} look */
function mark(shape, x, y, r, look) {
  const at = (/** @type {number[][]} */ corners) => element("svg:polygon", { points: corners.map(([a, b]) => `${round(x + a * r)},${round(y + b * r)}`).join(" "), ...look });
  if (shape === "square") return box(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8, look);
  if (shape === "triangle") return at([[0, -1.15], [1.05, 0.85], [-1.05, 0.85]]);
  if (shape === "down") return at([[0, 1.15], [1.05, -0.85], [-1.05, -0.85]]);
  if (shape === "diamond") return at([[0, -1.25], [1.1, 0], [0, 1.25], [-1.1, 0]]);
  if (shape === "cross") return at([[-0.4, -1.1], [0.4, -1.1], [0.4, -0.4], [1.1, -0.4], [1.1, 0.4], [0.4, 0.4], [0.4, 1.1], [-0.4, 1.1], [-0.4, 0.4], [-1.1, 0.4], [-1.1, -0.4], [-0.4, -0.4]]);
  return element("svg:circle", { cx: round(x), cy: round(y), r: round(r), ...look });
}

/** The look of a chosen area's mark. @param {number} n */
const seriesLook = (n) => ({ fill: SERIES[n], stroke: INK, "stroke-width": 1 });

/** Round steps that cover a range. @param {number} low @param {number} high @param {number} [about] @returns {number[]} */
function steps(low, high, about = 5) {
  const span = high - low || Math.abs(high) || 1;
  const rough = span / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough * 0.99) || power * 10;
  const found = [];
  for (let n = Math.floor(low / step + 1e-9); n * step <= high + step * (1 - 1e-9); n += 1) found.push(Number((n * step).toPrecision(12)));
  return found;
}

/** @param {number} low @param {number} high @param {number} from @param {number} to */
const scaleOf = (low, high, from, to) => (/** @type {number} */ value) => from + ((value - low) / (high - low || 1)) * (to - from);

/** @param {number} value */
const tickText = (value) => String(value).replace("-", "−");

/** A horizontal axis with its grid. @param {any} group @param {number[]} ticks @param {(v: number) => number} x @param {number} top @param {number} bottom @param {string} name */
function axisAcross(group, ticks, x, top, bottom, name) {
  for (const one of ticks) {
    group.append(stroke(x(one), top, x(one), bottom, { stroke: PALE }), writing(x(one), bottom + 15, tickText(one), { size: 12, tone: "quiet", anchor: "middle" }));
  }
  group.append(writing((x(ticks[0]) + x(ticks[ticks.length - 1])) / 2, bottom + 32, name, { size: 12, tone: "quiet", anchor: "middle" }));
}

/** A vertical axis with its grid. @param {any} group @param {number[]} ticks @param {(v: number) => number} y @param {number} left @param {number} right */
function axisUp(group, ticks, y, left, right) {
  for (const one of ticks) {
    group.append(stroke(left, y(one), right, y(one), { stroke: PALE }), writing(left - 6, y(one) + 4, tickText(one), { size: 12, tone: "quiet", anchor: "end" }));
  }
}

/**
 * A mark that can be reached and chosen: of one area, or of a point that is only read.
 * @param {any} node @param {{path: string, code: string, period: string, label: string, picked?: boolean}} about
 */
function reachable(node, { path, code, period, label, picked }) {
  node.setAttribute("role", "button");
  node.setAttribute("tabindex", "-1");
  node.setAttribute("aria-label", label);
  node.setAttribute("aria-pressed", picked ? "true" : "false");
  node.setAttribute("data-path", path);
  node.setAttribute("data-code", code);
  node.setAttribute("data-period", period);
  return node;
}
