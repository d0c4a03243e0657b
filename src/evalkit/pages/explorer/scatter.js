"use strict";
/* Two indicators of the same areas. */

/** @param {Choice} choice @param {number} width */
function drawScatter(choice, width) {
  const rows = rowsOf(choice);
  const codes = [choice.across, choice.code];
  const points = rows.map((row) => ({ row, across: cellOf(choice.level, choice.across, choice.period, row.place) }))
    .filter(({ row, across }) => row.cell.value && across.value)
    .map(({ row, across }) => ({ row, across, a: sizeOf(/** @type {Ratio} */ (across.value)), b: sizeOf(/** @type {Ratio} */ (row.cell.value)) }));
  const [across, up] = [points.map((p) => p.a), points.map((p) => p.b)].map((sizes) => steps(Math.min(...sizes), Math.max(...sizes), width > 600 ? 6 : 4));
  const height = Math.min(460, width * 0.9);
  const [left, right] = [EDGE + 52, width - EDGE - 24];
  const x = scaleOf(across[0], across[across.length - 1], left, right);
  const y = scaleOf(up[0], up[up.length - 1], height - 44, 20);
  const wholes = codes.map((code) => wholeOf(code, choice.period)?.value || null);
  const [name, other] = [choice.code, choice.across].map((code) => say("axis", { name: indicatorName(code), unit: data.indicators[code].unit }));
  /** @type {Sign[]} */
  const signs = signsOfAreas(choice);
  if (wholes.some(Boolean)) signs.push(signOfLine(say("whole"), { stroke: QUIET, "stroke-width": 2, "stroke-dasharray": "8 4" }));
  return sheetOf({
    width, height, signs, marks: points.length, title: say("title.scatter", { up: indicatorName(choice.code), across: indicatorName(choice.across) }),
    subtitle: subtitleOf(choice, periodName(choice.period)), notes: standingNotes(choice, codes, rows),
    draw: (group) => {
      axisAcross(group, across, x, 14, height - 44, other);
      axisUp(group, up, y, left, right);
      group.append(writing(EDGE, 6, fitted(name, 12, width - 2 * EDGE), { size: 12, tone: "quiet" }));
      if (wholes[0]) group.append(stroke(x(sizeOf(wholes[0])), 14, x(sizeOf(wholes[0])), height - 44, { stroke: QUIET, "stroke-width": 2, "stroke-dasharray": "8 4" }));
      if (wholes[1]) group.append(stroke(left, y(sizeOf(wholes[1])), right, y(sizeOf(wholes[1])), { stroke: QUIET, "stroke-width": 2, "stroke-dasharray": "8 4" }));
      const named = points.length <= 40 && width > 600;
      for (const { row, across: cell, a, b } of [...points].sort((p, q) => p.row.picked - q.row.picked)) {
        const picked = row.picked >= 0;
        const node = picked ? mark(SHAPES[row.picked], x(a), y(b), 8, seriesLook(row.picked))
          : mark("circle", x(a), y(b), points.length > 300 ? 3 : 5, { fill: BAR, stroke: "#2b5a7d", "fill-opacity": 0.8 });
        group.append(reachable(node, { path: row.path, code: choice.code, period: choice.period, picked, label: `${row.name} ${valueText(choice.code, row.cell)}，${valueText(choice.across, cell)}` }));
        if (picked || named) {
          const text = shortOf(row.path);
          const past = x(a) + 10 + ems(text) * 12 > width - EDGE;
          group.append(writing(x(a) + (past ? -10 : 10), y(b) - 6, text, { size: 12, anchor: past ? "end" : "start", bold: picked, halo: true, tone: picked ? "ink" : "quiet" }));
        }
      }
    },
  });
}
