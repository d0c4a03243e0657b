"use strict";
/* The sheet around every drawing: title, period and unit, the mark of demonstration data, what signs mean, base and source. */

const EDGE = 8;

/** @typedef {{draw: (x: number, y: number) => any, text: string}} Sign  what a sign looks like, and means */

/**
 * @param {{width: number, height: number, title: string, subtitle: string, signs: Sign[], notes: string[], marks: number,
 *   draw: (group: any, width: number) => void}} content
 */
function sheetOf({ width, height, title, subtitle, signs, notes, marks, draw }) {
  const room = width - 2 * EDGE;
  const svg = element("svg:svg", { xmlns: "http://www.w3.org/2000/svg", width, role: "group", "aria-label": say("alt", { title, n: marks }) });
  let y = EDGE + 16;
  const said = data.demo ? say("demo_short") : "";
  const beside = said ? ems(said) * 12 + 16 : 0;
  for (const line of wrapped(title, 16, room - (room > 560 ? beside : 0))) {
    svg.append(writing(EDGE, y, line, { size: 16, bold: true }));
    y += 22;
  }
  if (said) {
    const top = room > 560 ? EDGE : y - 12;
    const left = room > 560 ? width - EDGE - beside : EDGE;
    svg.append(box(left, top, beside, 20, { fill: "#ffffff", stroke: ALARM, "stroke-width": 1.5 }), writing(left + 8, top + 14, said, { size: 12, tone: "alarm" }));
    if (room <= 560) y += 22;
  }
  for (const line of wrapped(subtitle, 12, room)) {
    svg.append(writing(EDGE, y, line, { size: 12, tone: "quiet" }));
    y += 17;
  }
  let x = EDGE;
  for (const sign of signs) {
    const wide = ems(sign.text) * 12 + 40;
    if (x > EDGE && x + wide > width - EDGE) {
      x = EDGE;
      y += 18;
    }
    svg.append(sign.draw(x + 12, y - 1), writing(x + 28, y + 3, fitted(sign.text, 12, room - 30), { size: 12 }));
    x += wide;
  }
  y += signs.length ? 16 : 0;
  const body = element("svg:g", { transform: `translate(0 ${round(y)})`, id: "marks" });
  draw(body, width);
  svg.append(body);
  y += height + 8;
  for (const line of notes.filter(Boolean).flatMap((text) => wrapped(text, 12, room))) {
    y += 16;
    svg.append(writing(EDGE, y, line, { size: 12, tone: "quiet" }));
  }
  const tall = Math.round(y + EDGE);
  svg.setAttribute("height", String(tall));
  svg.setAttribute("viewBox", `0 0 ${width} ${tall}`);
  svg.prepend(box(0, 0, width, tall, { fill: "#ffffff" }));
  return svg;
}

/** Under every drawing: base, source, who is missing. @param {Choice} choice @param {string[]} codes @param {Row[]} rows */
function standingNotes(choice, codes, rows) {
  const bases = codes.length > 2 ? [] : [...new Set(codes.map((code) => (codes.length > 1 ? `${indicatorName(code)} ` : "") + baseOf(choice.level, code, choice.period)))];
  const until = data.periods.find((/** @type {any} */ one) => one.key === choice.period).until;
  const demo = data.demo ? `${say("separator")}${say("demo_short")}` : "";
  return [
    bases.length ? say("base", { base: bases.join(say("separator")) }) : "",
    say("source", { date: inLanguage(until) }) + demo,
    absentText(choice, rows),
    rows.some((row) => row.cell.state === "hidden") ? say("hidden_note") : "",
  ];
}

/** Who is missing among the areas shown, in each of the periods. @param {Choice} choice @param {Row[]} rows */
function absentText(choice, rows) {
  const periods = choice.view === "line" ? data.periods.map((/** @type {any} */ one) => one.key)
    : choice.view === "bars" || choice.view === "change" ? [choice.baseline, choice.period] : [choice.period];
  const lines = [...new Set(periods)].flatMap((period) => {
    const lost = rows.filter((row) => cellOf(choice.level, choice.code, period, row.place).state === "missing").map((row) => row.name);
    const names = lost.slice(0, 10).join(say("list"));
    return lost.length ? [say("absent", { period: periodName(period), areas: lost.length > 10 ? say("many", { names, n: lost.length }) : names })] : [];
  });
  return lines.join(say("separator")) || say("none_absent");
}

/** Signs of the areas chosen. @param {Choice} choice @returns {Sign[]} */
const signsOfAreas = (choice) => choice.areas.map((path, n) => ({ draw: (x, y) => mark(SHAPES[n], x, y, 6, seriesLook(n)), text: nameOf(path) }));
/** @param {string} text @param {Object<string, any>} look @returns {Sign} */
const signOfLine = (text, look) => ({ draw: (x, y) => stroke(x - 10, y, x + 10, y, look), text });

/** Period, level, group, unit. @param {Choice} choice @param {string} period @param {string} [unit] */
function subtitleOf(choice, period, unit = "") {
  const peers = peersOffered(choice.level).find(([key]) => key === choice.peers);
  const said = say("head", { period, level: levelName(choice.level), peers: peers ? peers[1] : "" });
  return unit ? say("head_unit", { head: said, unit }) : said;
}
