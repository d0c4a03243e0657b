"use strict";
/* What stands behind a mark: value, numerator, denominator, base, extent, and how it moved. */

/** @param {string} path @param {string} code @param {string} period @param {string} baseline @returns {string} */
function readingOf(path, code, period, baseline) {
  const [level, place] = placeByPath.get(path) || ["", 0];
  const cell = cellOf(level, code, period, place);
  const one = data.indicators[code];
  const facts = [say("read.value", { area: nameOf(path), period: periodName(period), indicator: indicatorName(code), value: valueText(code, cell) })];
  if (cell.state !== "known") facts.push(say(`read.${cell.state === "gone" ? "gone" : cell.state}`));
  if (cell.sides[0] && cell.sides[1]) {
    facts.push(say("read.sides", { top: sideText(code, cell, 0), bottom: sideText(code, cell, 1), top_name: one.sides[0][0], bottom_name: one.sides[1][0] }));
  }
  if (cell.value) facts.push(say("base", { base: baseOf(level, code, period) }));
  const extent = extentSaid(level, code, period, place, cell);
  if (extent) facts.push(extent);
  if (isSmall(code, cell)) facts.push(say("read.small"));
  const change = changeOf(level, code, baseline, period, place);
  if (change) {
    facts.push(say("read.change", { period: periodName(baseline), before: change.before + one.unit, moved: movedText(code, change.units) }));
    if (change.left) facts.push(say("read.common", { left: change.left }));
  }
  const goal = goalOf(level, code, period, place);
  if (goal) {
    facts.push(say("goal.key", { value: goal.goal + one.unit, day: goal.day }));
    if (goal.state) facts.push(say(`goal.state.${goal.state}`));
    for (const key of /** @type {const} */ (["due", "gap", "pace", "need"])) if (goal[key]) facts.push(say("goal.fact", { head: say(`goal.head.${key}`), value: goal[key] }));
  }
  const group = data.areas[path].group;
  if (group) facts.push(say("read.group", { group }));
  return facts.join(say("separator"));
}

/** Who stands behind a figure. @param {string} level @param {string} code @param {string} period @param {number} place @param {Cell} cell */
function extentSaid(level, code, period, place, cell) {
  const extent = extentOf(level, code, period, place);
  if (!extent) return cell.value ? say("read.sent") : "";
  const [n, of, lost] = extent;
  const have = n === null ? "" : say("read.extent", { n, of: of ?? "—" });
  return have + (lost ? say("comma") + say("read.lost", { areas: lost }) : have ? say("comma") + say("read.full") : "");
}
