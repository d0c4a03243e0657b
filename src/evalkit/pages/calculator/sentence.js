"use strict";
/* The answer in sentences: what changes, what it costs in every year, who pays, who gains, what is not in it. */

const MOST_NAMED = 3;
const LISTED = 6;

/** A change in words. @param {string} path @param {Steps} steps */
function changeLine(path, steps) {
  const facts = { label: labelOf(path), old: inForce(path, steps[0][0]), new: steps[steps.length - 1][1], unit: unitOf(path) };
  const [[day]] = steps;
  if (steps.length === 1) return say("changes.one", { ...facts, since: day ? say("changes.since", { day }) : say("changes.always") });
  const each = steps.map(([from, value]) => say("changes.step", { day: from, value })).join(say("changes.comma"));
  return say("changes.steps", { ...facts, count: steps.length, each });
}

/** @param {Changes} changes */
function changesText(changes) {
  const told = Object.entries(changes).map(([path, steps]) => changeLine(path, steps));
  return told.length ? told.join(say("changes.semicolon")) : say("changes.none");
}

/** @typedef {{year: number, old: Sums, made: Sums, more: bigint}} Year */

/** Before and after, in a year. @param {number} year @param {Changes} [changes] @returns {Year} */
function yearOf(year, changes = state.changes) {
  const [old, made] = [plan.sums({}, year, state.place), plan.sums(changes, year, state.place)];
  return { year, old, made, more: made.total - old.total };
}

/** @param {Year[]} years @param {Gains|null} reached @returns {string} */
function sentence(years, reached) {
  const told = Object.keys(state.changes).length ? changed(years, reached) : unchanged(years);
  return `${[...told, ...leftOut()].join(say("changes.semicolon"))}${say("changes.stop")}`;
}

/** @param {Year[]} years */
function unchanged(years) {
  const said = oneUnit(years.map(({ old }) => old.total));
  return years.map(({ year, old }, n) => say(n ? "answer.now_later" : "answer.now", { whole: wholeName(), year, amount: said(old.total) }));
}

/** @param {Year[]} years @param {Gains|null} reached */
function changed(years, reached) {
  const shown = years.find(({ year }) => year === state.year) || years[0];
  const moves = data.areas
    .map((/** @type {string} */ _, /** @type {number} */ at) => ({ at, more: shown.made.areas[at] - shown.old.areas[at] }))
    .filter((/** @type {{more: bigint}} */ { more }) => more !== 0n);
  const payers = years.flatMap(({ old, made }) => payerMoves(old, made).map(([, fen]) => fen));
  const said = oneUnit([...years.map(({ more }) => more), ...payers, ...mostMoved(moves).map(({ more }) => more)]);
  const told = years.map(({ year, old, made, more }, n) => {
    const spending = more === 0n ? say("answer.stays") : say(more > 0n ? "answer.rises" : "answer.falls", { amount: said(more) });
    return say(n ? "answer.later" : "answer.first", { whole: wholeName(), year, moved: spending }) + payersText(payerMoves(old, made), said);
  });
  const [first, ...rest] = [...reachedText(reached), ...areasText(shown.year, moves, said)];
  return first ? [...told, say("answer.of_year", { year: shown.year, text: first }), ...rest] : told;
}

/** @param {Sums} old @param {Sums} made @returns {[string, bigint][]} */
function payerMoves(old, made) {
  return Object.keys({ ...old.payers, ...made.payers })
    .map((who) => /** @type {[string, bigint]} */ ([who, (made.payers[who] || 0n) - (old.payers[who] || 0n)]))
    .filter(([, fen]) => fen !== 0n);
}

/** Who pays what is added. @param {[string, bigint][]} moves @param {(fen: bigint) => string} said */
function payersText(moves, said) {
  if (!moves.length) return "";
  if (moves.length === 1) return say("answer.one_payer", { payer: payerName(moves[0][0]) });
  const each = moves.map(([who, fen]) => say("answer.payer", { payer: payerName(who), moved: say(fen > 0n ? "answer.more" : "answer.less", { amount: said(fen) }) }));
  return say("answer.shared", { each: each.join(say("changes.comma")) });
}

/** @param {Gains|null} reached */
function reachedText(reached) {
  if (!reached) return [];
  const told = [];
  for (const [key, side] of /** @type {[string, Reached][]} */ ([["answer.gain", reached.gain], ["answer.lose", reached.lose]])) {
    if (!side.organisations) continue;
    const facts = { organisations: grouped(String(side.organisations)), members: grouped(String(side.members)) };
    told.push(say(key, { reached: say(side.members ? "answer.reached" : "answer.reached_only", facts) }));
  }
  return told;
}

/** The areas with most on both sides. @param {{at: number, more: bigint}[]} moves */
function mostMoved(moves) {
  const sorted = [...moves].sort((a, b) => (sizeOf(a.more) < sizeOf(b.more) ? 1 : sizeOf(b.more) < sizeOf(a.more) ? -1 : a.at - b.at));
  return [1n, -1n].flatMap((sign) => sorted.filter(({ more }) => more * sign > 0n).slice(0, MOST_NAMED));
}

/** @param {number} year @param {{at: number, more: bigint}[]} moves @param {(fen: bigint) => string} said */
function areasText(year, moves, said) {
  if (state.place >= 0 || data.areas.length < 2) return [];
  const told = [];
  for (const [key, sign] of /** @type {[string, bigint][]} */ ([["answer.areas_more", 1n], ["answer.areas_less", -1n]])) {
    const some = moves.filter(({ more }) => more * sign > 0n);
    if (!some.length) continue;
    const named = mostMoved(some).map(({ at, more }) => say("answer.area", { name: areaName(at), amount: said(more) }));
    told.push(say(key, { count: some.length, areas: named.join(say("changes.comma")) }));
  }
  const rest = data.areas.filter((/** @type {string} */ _, /** @type {number} */ at) => data.reckoned[year][at]).length - moves.length;
  if (told.length && rest > 0) told.push(say("answer.areas_same", { count: rest }));
  return told;
}

/** Components that are not reckoned in some areas. */
function leftOut() {
  return Object.keys(data.components).flatMap((code) => {
    const { known } = plan.cells(code, state.year);
    const gone = data.areas.map((/** @type {string} */ _, /** @type {number} */ at) => at)
      .filter((/** @type {number} */ at) => !known[at] && (state.place < 0 || state.place === at));
    if (!gone.length) return [];
    const first = gone.slice(0, LISTED).map(areaName).join(say("changes.comma"));
    const areas = gone.length > LISTED ? say("answer.and_more", { areas: first, count: gone.length }) : first;
    return [say("answer.left_out", { component: componentName(code), areas, why: say(data.public ? "withheld_why" : "missing_why") })];
  });
}
