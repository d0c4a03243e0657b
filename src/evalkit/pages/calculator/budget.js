"use strict";
/* Backwards: the highest step of a standard that adds no more than a budget. */

/**
 * @typedef {{value: string, more: bigint}} Step
 * @typedef {{best: Step|null, next: Step|null, least: bigint, falls: boolean}} Found
 *   `best` null: even the lowest step adds more, `least`; `falls`: the standard costs less the higher it is
 */

/**
 * What a standard adds never falls as it rises, so its steps are bisected.
 * @param {Plan} plan @param {string} path @param {Changes} changes the other standards @param {bigint} budget fen
 * @param {number} year @param {number} [place] one district, or -1 @returns {Found}
 */
function highest(plan, path, changes, budget, year, place = -1) {
  const one = plan.data.standards[path];
  const [low, high, step] = [one.range[0], one.range[1], one.step].map(readFraction);
  const now = plan.sums({}, year, place).total;
  const steps = divided(less(high, low), step);
  const last = steps.n / steps.d;
  const at = (/** @type {bigint} */ k) => {
    const value = shownFraction(add(low, product(step, fraction(k))));
    const total = plan.sums({ ...changes, [path]: [["", value]] }, year, place).total;
    return { value, more: total - now };
  };
  const [first, end] = [at(0n), at(last)];
  if (first.more > end.more) return { best: null, next: null, least: first.more, falls: true };
  if (first.more > budget) return { best: null, next: first, least: first.more, falls: false };
  let [from, to] = [0n, last];
  while (from < to) {
    const middle = (from + to + 1n) / 2n;
    if (at(middle).more <= budget) from = middle;
    else to = middle - 1n;
  }
  return { best: at(from), next: from < last ? at(from + 1n) : null, least: first.more, falls: false };
}
