"use strict";
/* Who gains: organisations counted by what they are paid by, before and after; districts that rise, fall and stay. */

/** @typedef {{organisations: number, members: number}} Reached */
/** @typedef {{gain: Reached, lose: Reached}} Gains */

const HALF_A_FEN = 0.5;

/** Components whose money the changes can move. @param {any} data @param {Changes} changes @returns {string[]} */
function touched(data, changes) {
  const found = new Set(Object.keys(changes).map((path) => path.split(".")[0]));
  const all = Object.keys(data.components);
  for (const code of all) if (data.components[code].rests.some((/** @type {string} */ one) => found.has(one))) found.add(code);
  const some = all.filter((code) => found.has(code));
  return some.length ? some : all;
}

/**
 * Organisations and members that get more, and those that get less, in districts where all that changes can be reckoned.
 * A top-up is shared by what is due.
 * @param {Plan} plan @param {Changes} changes @param {number} year @param {number} [place] one district, or -1
 * @returns {Gains|null} null where the page was given no organisations
 */
function gains(plan, changes, year, place = -1) {
  const profiles = profilesOf(plan.data, year);
  if (!profiles) return null;
  const some = touched(plan.data, changes);
  const known = plan.data.areas.map((/** @type {string} */ _, /** @type {number} */ at) =>
    some.every((code) => !profiles.kinds[code] || plan.cells(code, year).known[at]),
  );
  const moved = some.filter((code) => profiles.kinds[code]).map((code) => ({ kinds: profiles.kinds[code], by: movedBy(plan, code, changes, year) }));
  const found = { gain: { organisations: 0, members: 0 }, lose: { organisations: 0, members: 0 } };
  profiles.area.forEach((/** @type {number} */ area, /** @type {number} */ n) => {
    if (!known[area] || (place >= 0 && area !== place)) return;
    let more = 0;
    for (const { kinds, by } of moved) if (kinds[n] >= 0) more += by(kinds[n], area);
    if (Math.abs(more) < HALF_A_FEN) return;
    const side = more > 0 ? found.gain : found.lose;
    side.organisations += profiles.number[n];
    side.members += (profiles.number[n] * profiles.twice[n]) / 2;
  });
  for (const side of [found.gain, found.lose]) side.members = Math.floor(side.members + 0.5);
  return found;
}

/** @param {any} data @param {number|string} year @returns {any} */
function profilesOf(data, year) {
  const found = data.profiles && data.profiles[year];
  return typeof found === "string" ? profilesOf(data, found) : found;
}

/**
 * By how much the payment of a component for one organisation of a kind in a district moves, in fen.
 * @param {Plan} plan @param {string} code @param {Changes} changes @param {number} year @returns {(kind: number, area: number) => number}
 */
function movedBy(plan, code, changes, year) {
  const [before, after] = [{}, changes].map((one) => organisationsPaid(plan, code, one, year));
  return (kind, area) => after.pay[kind] * after.part[area] - before.pay[kind] * before.part[area];
}

/** The payment by kind, and which part of it each district really pays. @param {Plan} plan @param {string} code @param {Changes} changes @param {number} year */
function organisationsPaid(plan, code, changes, year) {
  const each = plan.payments(code, changes, year);
  const pay = each[0].map((_, kind) => Number(each.reduce((sum, one) => sum + one[kind], 0n)));
  const cells = plan.cells(code, year);
  if (!cells.spent) return { pay, part: new Array(plan.data.areas.length).fill(1) };
  const due = summed(each[0], cells, plan.data.areas.length);
  const paid = plan.ofDistricts(code, year, each[0]);
  return { pay, part: due.map((fen, at) => (fen ? Number(paid[at]) / Number(fen) : 0)) };
}
