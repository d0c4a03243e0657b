"use strict";
/* The tables of what is shown: by area, by payer, who gains and who loses. */

const MOST_ROWS = 300;
const FIRST_ROWS = 100;

const areaHeads = () => ["area", "before", "after", "more", "direction"].map((key) => say(`table.${key}`));
/** @param {bigint} more */
const direction = (more) => say(more > 0n ? "table.up" : more < 0n ? "table.down" : "table.same");
const missingWord = () => say(data.public ? "withheld" : "missing");
const shownAreas = () =>
  data.areas.map((/** @type {string} */ _, /** @type {number} */ at) => at).filter((/** @type {number} */ at) => state.place < 0 || at === state.place);

/** A row a district, then the sum. @param {Year} shown @returns {string[][]} */
function areaRows({ year, old, made, more }) {
  const rows = shownAreas().map((/** @type {number} */ at) => {
    if (!data.reckoned[year][at]) return [areaName(at), ...new Array(4).fill(missingWord())];
    const change = made.areas[at] - old.areas[at];
    return [areaName(at), wan(old.areas[at]), wan(made.areas[at]), wan(change), direction(change)];
  });
  return [...rows, [say("table.total"), wan(old.total), wan(made.total), wan(more), direction(more)]];
}

/** @param {Year} shown @returns {string[][]} */
function payerRows({ old, made, more }) {
  const rows = Object.keys({ ...old.payers, ...made.payers }).map((who) => {
    const [before, after] = [old.payers[who] || 0n, made.payers[who] || 0n];
    return [payerName(who), wan(before), wan(after), wan(after - before)];
  });
  return [...rows, [say("table.total"), wan(old.total), wan(made.total), wan(more)]];
}

/** Areas, and organisations with their members where the page was given them, that gain, lose and stay. @param {Year} shown @param {Gains|null} reached */
function gainRows({ year, old, made }, reached) {
  const counts = { gain: 0, lose: 0, stay: 0, unknown: 0 };
  for (const at of shownAreas()) {
    const more = made.areas[at] - old.areas[at];
    counts[!data.reckoned[year][at] ? "unknown" : more > 0n ? "gain" : more < 0n ? "lose" : "stay"] += 1;
  }
  const places = Object.values(counts).map(String);
  if (!reached) return [[say("table.places"), ...places]];
  const row = (/** @type {"organisations"|"members"} */ what) => [say(`table.${what}`), ...[reached.gain, reached.lose].map((side) => grouped(String(side[what]))), "—", "—"];
  return [[say("table.places"), ...places], row("organisations"), row("members")];
}

/** Of very many areas the first ones and the sum, until all are asked for: a table of thousands of rows takes long to lay out. @param {Year} shown */
function showAreas(shown) {
  const rows = areaRows(shown);
  const part = !state.all && rows.length > MOST_ROWS;
  const some = part ? [...rows.slice(0, FIRST_ROWS), rows[rows.length - 1]] : rows;
  const count = rows.length - 1;
  const caption = say(part ? "table.areas_part" : "table.areas", { year: shown.year, shown: FIRST_ROWS, count });
  fillTable(byId("areas"), { caption, heads: areaHeads(), rows: some, total: true });
  byId("more").hidden = !part;
  byId("more").textContent = say("button.more", { count });
}

/** @param {Year} shown @param {Gains|null} reached */
function showTables(shown, reached) {
  const { year } = shown;
  showAreas(shown);
  const heads = ["payer", "before", "after", "more"].map((key) => say(`table.${key}`));
  fillTable(byId("payers"), { caption: say("table.payers", { year }), heads, rows: payerRows(shown), total: true });
  const sides = ["who", "gain", "lose", "stay", "unknown"].map((key) => say(`table.${key}`));
  if (data.public) sides[4] = missingWord();
  fillTable(byId("gains"), { caption: say("table.gains", { year }), heads: sides, rows: gainRows(shown, reached) });
}
