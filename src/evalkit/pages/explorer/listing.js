"use strict";
/* The table of what is shown: every drawing says the same in words and numbers. */

/** @typedef {{caption: string, heads: string[], rows: string[][]}} Listing */

/** @param {Choice} choice @param {boolean} [whole] all areas, not the part that is drawn @returns {Listing} */
function listingOf(choice, whole = false) {
  if (choice.view === "spine" || choice.view === "compare") return listingOfIndicators(choice);
  const every = rowsOf(choice);
  const rows = whole ? every : partOf(every, choice).rows;
  if (choice.view === "line") return listingOfYears(choice, rows);
  if (choice.view === "scatter") return listingOfTwo(choice, rows);
  const one = data.indicators[choice.code];
  const target = targetOf(choice.level, choice.code, choice.period);
  const goals = rows.map((row) => goalOf(choice.level, choice.code, choice.period, row.place)).some(Boolean);
  const [now, before] = [choice.period, choice.baseline].map(periodName);
  const compared = choice.baseline !== choice.period;
  const heads = [say("head.area"), say("head.group"), ...(compared ? [before] : []), now, ...(compared ? [say("head.change")] : []), one.sides[0][0], one.sides[1][0],
    ...(target ? [say("head.target")] : []), ...(goals ? ["goal", "day", "due", "state", "gap", "pace", "need"].map((key) => say(`goal.head.${key}`)) : []), say("head.extent")];
  const lineOf = (/** @type {string} */ level, /** @type {number} */ place, /** @type {string} */ name, /** @type {string} */ group) => {
    const cell = cellOf(level, choice.code, choice.period, place);
    const change = compared ? changeOf(level, choice.code, choice.baseline, choice.period, place) : null;
    return [name, group, ...(compared ? [valueText(choice.code, cellOf(level, choice.code, choice.baseline, place), true)] : []), valueText(choice.code, cell, true),
      ...(compared ? [whole ? signedText(choice.code, change) : arrowText(choice.code, change && change.units)] : []),
      ...[0, 1].map((n) => (cell.sides[n] ? textOfRatio(/** @type {Ratio} */ (cell.sides[n]), 0) : "—")), ...(target ? [target[0]] : []),
      ...(goals ? goalCells(goalOf(level, choice.code, choice.period, place)) : []),
      extentSaid(level, choice.code, choice.period, place, cell) || valueText(choice.code, cell)];
  };
  const lines = rows.map((row) => lineOf(choice.level, row.place, row.name, data.areas[row.path].group || "—"));
  const at = data.whole && placeByPath.get(data.whole);
  if (at && at[0] !== choice.level) lines.push(lineOf(at[0], at[1], nameOf(data.whole), say("head.whole")));
  return { caption: captionOf(choice, one.unit), heads, rows: lines };
}

/** The columns of a goal. @param {Goal|null} goal */
function goalCells(goal) {
  if (!goal) return Array(7).fill("—");
  const state = goal.state ? `${stateMark(goal.state)} ${say(`goal.state.${goal.state}`)}`.trim() : "—";
  return [goal.goal, goal.day, goal.due || "—", state, goal.gap || "—", goal.pace || "—", goal.need || "—"];
}

/** A change as a spreadsheet reads it. @param {string} code @param {Change|null} change */
const signedText = (code, change) => (change ? textOfUnits(change.units, data.indicators[code].decimals) : "—");

/** @param {Choice} choice @param {string} unit */
const captionOf = (choice, unit) => `${say(`title.${choice.view}`, { indicator: indicatorName(choice.code), up: indicatorName(choice.code), across: indicatorName(choice.across) })}${unit ? `（${unit}）` : ""} ${periodName(choice.period)}`;

/** @param {Choice} choice @param {Row[]} rows @returns {Listing} */
function listingOfYears(choice, rows) {
  const periods = data.periods.map((/** @type {any} */ p) => p.key);
  const picked = rows.filter((row) => row.picked >= 0).sort((a, b) => a.picked - b.picked);
  const shown = picked.length ? picked : rows;
  const lineOf = (/** @type {string} */ level, /** @type {number} */ place, /** @type {string} */ name) => [name, ...periods.map((/** @type {string} */ p) => valueText(choice.code, cellOf(level, choice.code, p, place), true))];
  const lines = shown.map((row) => lineOf(choice.level, row.place, row.name));
  if (picked[0]) {
    const peers = peersOf(choice.level, picked[0].path);
    lines.push([say("peers_key", { area: picked[0].name }), ...periods.map((/** @type {string} */ p) => ratioText(choice.code, pooled(choice.level, choice.code, p, peers.places), true))]);
  }
  const at = data.whole && placeByPath.get(data.whole);
  if (at && at[0] !== choice.level) lines.push(lineOf(at[0], at[1], nameOf(data.whole)));
  return { caption: captionOf(choice, data.indicators[choice.code].unit), heads: [say("head.area"), ...periods.map(periodName)], rows: lines };
}

/** @param {Choice} choice @param {Row[]} rows @returns {Listing} */
function listingOfTwo(choice, rows) {
  const heads = [say("head.area"), say("head.group"), ...[choice.across, choice.code].map((code) => say("axis", { name: indicatorName(code), unit: data.indicators[code].unit }))];
  const lines = rows.map((row) => [row.name, data.areas[row.path].group || "—", ...[choice.across, choice.code].map((code) => valueText(code, cellOf(choice.level, code, choice.period, row.place), true))]);
  return { caption: captionOf(choice, ""), heads, rows: lines };
}

/** The indicators of the areas chosen. @param {Choice} choice @returns {Listing} */
function listingOfIndicators(choice) {
  const paths = areasShown(choice);
  if (!paths.length) return { caption: say("no_area"), heads: [say("head.indicator")], rows: [] };
  const places = paths.map((path) => placeByPath.get(path)?.[1] ?? 0);
  const alone = choice.view === "spine";
  const heads = [say("head.indicator"), say("head.unit"), ...paths.map(nameOf), ...(alone ? [say("head.peers")] : []), say("head.whole"), ...(alone ? [say("head.change")] : [])];
  const lines = tracksOf(choice).map(({ code }) => {
    const whole = wholeOf(code, choice.period);
    const change = changeOf(choice.level, code, choice.baseline, choice.period, places[0]);
    return [indicatorName(code), data.indicators[code].unit, ...places.map((place) => valueText(code, cellOf(choice.level, code, choice.period, place), true)),
      ...(alone ? [ratioText(code, pooled(choice.level, code, choice.period, peersOf(choice.level, paths[0]).places), true)] : []),
      whole ? valueText(code, whole, true) : "—", ...(alone ? [arrowText(code, change && change.units)] : [])];
  });
  const title = alone ? say("title.spine", { area: nameOf(paths[0]) }) : say("title.compare");
  return { caption: `${title} ${periodName(choice.period)}`, heads, rows: lines };
}

/** The areas that a profile or a comparison shows. @param {Choice} choice */
const areasShown = (choice) => (choice.view === "spine" ? choice.areas.slice(0, 1) : choice.areas);
