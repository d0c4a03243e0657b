"use strict";
/* Two periods: from the hollow mark to the full one, ordered by the change. */

/** @param {Choice} choice @param {number} width */
function drawChange(choice, width) {
  const every = rowsOf(choice);
  const { rows } = partOf(every, choice);
  const one = data.indicators[choice.code];
  const sized = every.flatMap((row) => (row.change ? [plainNumber(row.change.before), plainNumber(row.change.now)] : []));
  const ticks = steps(Math.min(...sized), Math.max(...sized), width > 600 ? 6 : 4);
  const left = EDGE + Math.min(width * 0.32, Math.max(...rows.map((row) => ems(row.name)), 2) * 13 + 26);
  const x = scaleOf(ticks[0], ticks[ticks.length - 1], left + 8, width - EDGE - 64);
  const step = 22;
  const dot = { fill: "#41759b", stroke: INK };
  /** @type {Sign[]} */
  const signs = [
    { draw: (a, b) => mark("circle", a, b, 5, { fill: "#ffffff", stroke: INK, "stroke-width": 1.5 }), text: periodName(choice.baseline) },
    { draw: (a, b) => mark("circle", a, b, 5, dot), text: periodName(choice.period) },
    ...signsOfAreas(choice),
  ];
  return sheetOf({
    width, height: rows.length * step + 44, signs, marks: rows.length, title: say("title.change", { indicator: indicatorName(choice.code) }),
    subtitle: subtitleOf(choice, say("from_to", { a: periodName(choice.baseline), b: periodName(choice.period) }), one.unit),
    notes: [...standingNotes(choice, [choice.code], every), say("moved_note")],
    draw: (group) => {
      axisAcross(group, ticks, x, 0, rows.length * step, say("axis", { name: indicatorName(choice.code), unit: one.unit }));
      rows.forEach((row, n) => {
        const y = n * step + step / 2;
        const picked = row.picked >= 0;
        const inner = element("svg:g", {}, box(0, n * step, width, step, { fill: "transparent" }));
        if (picked) inner.append(mark(SHAPES[row.picked], EDGE + 6, y, 5.5, seriesLook(row.picked)));
        inner.append(writing(left - 6, y + 4, fitted(row.name, 13, left - EDGE - 22), { anchor: "end", bold: picked }));
        const text = row.change ? arrowText(choice.code, row.change.units) : valueText(choice.code, row.cell.value ? cellOf(choice.level, choice.code, choice.baseline, row.place) : row.cell);
        if (row.change) {
          const [a, b] = [x(plainNumber(row.change.before)), x(plainNumber(row.change.now))];
          inner.append(stroke(a, y, b, y, { "stroke-width": 2.5, stroke: picked ? INK : "#41759b" }));
          inner.append(mark("circle", a, y, 5, { fill: "#ffffff", stroke: INK, "stroke-width": 1.5 }));
          inner.append(picked ? mark(SHAPES[row.picked], b, y, 5.5, seriesLook(row.picked)) : mark("circle", b, y, 5, dot));
        }
        inner.append(writing(width - EDGE, y + 4, text, { size: 12, anchor: "end", tone: row.change ? "ink" : "quiet", bold: picked }));
        group.append(reachable(inner, { path: row.path, code: choice.code, period: choice.period, label: `${row.name} ${text}`, picked }));
      });
    },
  });
}

/** A printed number as one. @param {string} text */
const plainNumber = (text) => Number(text.replaceAll(",", ""));
