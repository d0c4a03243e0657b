"use strict";
/* All main indicators of one area, or of those chosen, between the worst and the best area. */

/** @typedef {{code: string, whole: number, spread: number, sign: number, quarters: number[], ends: number[]}} Track  places from -1 (worst) to 1 (best), the whole at 0 */

/** What a row of the spine is measured by. @param {Choice} choice @param {string} code @returns {Track|null} */
function trackOf(choice, code) {
  const paths = pathsOf(choice.level);
  const sizes = paths.map((_, n) => sizeAt(choice.level, code, choice.period, n)).filter((v) => v !== null).sort((a, b) => a - b);
  if (!sizes.length) return null;
  const middle = wholeOf(code, choice.period)?.value || pooled(choice.level, code, choice.period, paths.map((_, n) => n));
  const whole = middle ? sizeOf(middle) : sizes[Math.floor(sizes.length / 2)];
  const spread = Math.max(whole - sizes[0], sizes[sizes.length - 1] - whole) || 1;
  const sign = data.indicators[code].better === "lower" ? -1 : 1;
  const quarter = (/** @type {number} */ share) => sizes[Math.round((sizes.length - 1) * share)];
  return { code, whole, spread, sign, quarters: [quarter(0.25), quarter(0.75)], ends: [sizes[0], sizes[sizes.length - 1]] };
}

/** @type {Map<string, any[]>} */
const readTracks = new Map();

/** The main indicators that have a value, with what each is measured by. @param {Choice} choice @returns {Track[]} */
function tracksOf(choice) {
  const key = `${choice.level}\n${choice.period}`;
  const found = readTracks.get(key) || tracksRead(choice);
  readTracks.set(key, found);
  return found;
}

/** @param {Choice} choice */
function tracksRead(choice) {
  const codes = data.headline.length ? data.headline : Object.keys(data.indicators);
  return codes.map((/** @type {string} */ code) => trackOf(choice, code)).filter(Boolean);
}

/** @param {Choice} choice @param {number} width @param {string[]} paths */
function drawSpine(choice, width, paths) {
  const tracks = tracksOf(choice);
  const alone = paths.length === 1;
  const narrow = width < 560;
  const step = narrow ? 44 : 27;
  const [left, right] = narrow ? [EDGE + 10, width - EDGE - 10] : [Math.min(380, width * 0.46), width - EDGE - 10];
  const places = paths.map((path) => placeByPath.get(path)?.[1] ?? 0);
  const rows = placesShown({ ...choice, peers: "" }).filter((n) => places.includes(n)).map((place) => ({ place, path: pathsOf(choice.level)[place], name: nameOf(pathsOf(choice.level)[place]),
    cell: cellOf(choice.level, choice.code, choice.period, place), change: null, small: false, picked: 0 }));
  /** @type {Sign[]} */
  const signs = alone ? [{ draw: (x, y) => mark("circle", x, y, 6, seriesLook(0)), text: nameOf(paths[0]) }] : signsOfAreas(choice);
  signs.push({ draw: (x, y) => box(x - 10, y - 5, 20, 10, { fill: "#b5b5b5" }), text: say("spine.middle") }, signOfLine(say("spine.whole"), { "stroke-width": 2 }));
  if (alone) signs.push({ draw: (x, y) => stroke(x, y - 7, x, y + 7, { stroke: ALARM, "stroke-width": 3 }), text: say("spine.peers") });
  return sheetOf({
    width, height: tracks.length * step + 22, signs, marks: tracks.length * paths.length,
    title: alone ? say("title.spine", { area: nameOf(paths[0]) }) : say("title.compare"),
    subtitle: subtitleOf({ ...choice, peers: "" }, periodName(choice.period)), notes: [say("spine.note"), ...standingNotes(choice, tracks.map((/** @type {Track} */ t) => t.code), rows)],
    draw: (group) => {
      group.append(writing(left, 10, say("spine.worst"), { size: 12, tone: "quiet" }), writing(right, 10, say("spine.best"), { size: 12, tone: "quiet", anchor: "end" }));
      tracks.forEach((/** @type {Track} */ track, /** @type {number} */ n) => {
        const top = 18 + n * step;
        const y = top + (narrow ? 30 : 13);
        const x = (/** @type {number} */ v) => scaleOf(-1, 1, left, right)((track.sign * (v - track.whole)) / track.spread);
        const cells = places.map((place) => cellOf(choice.level, track.code, choice.period, place));
        const said = alone ? valueText(track.code, cells[0]) : ratioText(track.code, wholeOf(track.code, choice.period)?.value || null);
        const edge = narrow ? right : left - 12;
        group.append(writing(EDGE, top + 17, fitted(indicatorName(track.code), 13, edge - EDGE - ems(said) * 13 - 8)), writing(edge, top + 17, said, { anchor: "end", bold: alone }));
        const [a, b] = track.ends.map(x).sort((p, q) => p - q);
        const [c, d] = track.quarters.map(x).sort((p, q) => p - q);
        group.append(box(a, y - 6, b - a, 12, { fill: "#e4e4e4" }), box(c, y - 6, d - c, 12, { fill: "#b5b5b5" }), stroke(x(track.whole), y - 10, x(track.whole), y + 10, { "stroke-width": 2 }));
        if (alone) {
          const peers = pooled(choice.level, track.code, choice.period, peersOf(choice.level, paths[0]).places);
          if (peers) group.append(stroke(x(sizeOf(peers)), y - 9, x(sizeOf(peers)), y + 9, { stroke: ALARM, "stroke-width": 3 }));
        }
        cells.forEach((cell, at) => {
          if (!cell.value) return;
          const shape = mark(SHAPES[alone ? 0 : choice.areas.indexOf(paths[at])] || "circle", x(sizeOf(cell.value)), y, 7, seriesLook(alone ? 0 : choice.areas.indexOf(paths[at])));
          group.append(reachable(shape, { path: paths[at], code: track.code, period: choice.period, picked: choice.areas.includes(paths[at]), label: `${nameOf(paths[at])} ${indicatorName(track.code)} ${valueText(track.code, cell)}` }));
        });
      });
    },
  });
}
