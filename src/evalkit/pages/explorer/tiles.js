"use strict";
/* A map of squares: where areas.xlsx says, else in administrative order. */

const STAIRS = ["#f3f7fb", "#cfe1f2", "#93c3df", "#2f78ad", "#0b3d66"]; // from light to dark: grey carries it too

/** Row and column of every area. @param {Row[]} rows @param {number} across @returns {Map<string, [number, number]>} */
function tilePlaces(rows, across) {
  const stated = rows.filter((row) => data.areas[row.path].tile);
  /** @type {Map<string, [number, number]>} */
  const found = new Map();
  const taken = new Set();
  for (const row of stated) {
    const [r, c] = data.areas[row.path].tile;
    if (!taken.has(`${r},${c}`)) {
      found.set(row.path, [r, c]);
      taken.add(`${r},${c}`);
    }
  }
  const all = [...found.values()];
  const top = all.length ? Math.min(...all.map(([r]) => r)) : 1;
  const left = all.length ? Math.min(...all.map(([, c]) => c)) : 1;
  for (const [path, [r, c]] of found) found.set(path, [r - top, c - left]);
  const below = all.length ? Math.max(...all.map(([r]) => r)) - top + 1 : 0;
  rows.filter((row) => !found.has(row.path)).sort((a, b) => a.place - b.place)
    .forEach((row, n) => found.set(row.path, [below + Math.floor(n / across), n % across]));
  return found;
}

/** Five stairs of equal height from the lowest to the highest. @param {number[]} sizes */
function stairsOf(sizes) {
  const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
  return { low, high, stair: (/** @type {number} */ v) => (high > low ? Math.min(4, Math.floor(((v - low) / (high - low)) * 5)) : 2) };
}

/** @param {Choice} choice @param {number} width */
function drawTiles(choice, width) {
  const rows = rowsOf(choice);
  const one = data.indicators[choice.code];
  const room = width - 2 * EDGE;
  const usual = Math.max(1, Math.min(Math.floor(room / (rows.length > 200 ? 14 : 84)), Math.ceil(Math.sqrt(rows.length * 1.6))));
  const places = tilePlaces(rows, usual);
  const columns = Math.max(...[...places.values()].map(([, c]) => c)) + 1;
  const lines = Math.max(...[...places.values()].map(([r]) => r)) + 1;
  const side = Math.max(10, Math.min(92, room / columns));
  const worded = side >= 44;
  const known = rows.flatMap((row) => (row.cell.value ? [sizeOf(row.cell.value)] : []));
  const { low, high, stair } = stairsOf(known);
  /** @type {Sign[]} */
  const signs = STAIRS.map((fill, n) => ({ draw: (x, y) => box(x - 9, y - 8, 18, 14, { fill, stroke: QUIET }),
    text: [low + ((high - low) * n) / 5, low + ((high - low) * (n + 1)) / 5].map((v) => v.toFixed(one.decimals)).join("–") }));
  signs.push(...signsOfAreas(choice));
  return sheetOf({
    width, height: lines * side + 10, signs, marks: rows.length, title: say("title.tiles", { indicator: indicatorName(choice.code) }),
    subtitle: subtitleOf(choice, periodName(choice.period), one.unit), notes: standingNotes(choice, [choice.code], rows),
    draw: (group) => {
      for (const row of [...rows].sort((a, b) => compareTiles(places, a, b))) {
        const [r, c] = places.get(row.path) || [0, 0];
        const [x, y] = [EDGE + c * side, r * side];
        const n = row.cell.value ? stair(sizeOf(row.cell.value)) : -1;
        const picked = row.picked >= 0;
        const tile = box(x + 1, y + 1, side - 2, side - 2, { fill: n < 0 ? "#ffffff" : STAIRS[n], stroke: picked ? INK : QUIET, "stroke-width": picked ? 3 : 0.7, "stroke-dasharray": n < 0 && "3 2" });
        const label = `${row.name} ${valueText(choice.code, row.cell)}`;
        const about = { path: row.path, code: choice.code, period: choice.period, label, picked };
        if (!worded) {
          group.append(reachable(tile, about));
          continue;
        }
        const tone = n >= 3 ? "white" : "ink";
        const inner = element("svg:g", {}, tile, writing(x + side / 2, y + side / 2 - 4, fitted(shortOf(row.path), 12, side - 6), { size: 12, anchor: "middle", tone }),
          writing(x + side / 2, y + side / 2 + 13, fitted(valueText(choice.code, row.cell, one.unit !== "%"), 12, side - 4), { size: 12, anchor: "middle", tone, bold: true }));
        if (picked) inner.append(mark(SHAPES[row.picked], x + 11, y + 11, 5.5, { ...seriesLook(row.picked), stroke: "#ffffff" }));
        group.append(reachable(inner, about));
      }
    },
  });
}

/** @param {Map<string, [number, number]>} places @param {Row} a @param {Row} b */
function compareTiles(places, a, b) {
  const [p, q] = [a, b].map((row) => places.get(row.path) || [0, 0]);
  return p[0] - q[0] || p[1] - q[1];
}
