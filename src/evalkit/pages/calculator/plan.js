"use strict";
/* The money of a plan: counted cells by year, standards with their days, who pays. Fen are BigInt. */

/**
 * A changed standard: in steps from a day on ("" always), each with its value as typed.
 * @typedef {[since: string, value: string][]} Steps
 * @typedef {Object<string, Steps>} Changes  by path of the standard
 */
/** @typedef {{total: bigint, areas: bigint[], payers: Object<string, bigint>}} Sums */
/** @typedef {Object<string, bigint[]>} ByPayer  fen by payer and district */

const ALWAYS = "1900-01-01";
const SAFE = 2n ** 53n; // below it a sum of doubles is exact
const KEPT_ANSWERS = 400;

class Plan {
  /** @param {any} data what `page_data` wrote */
  constructor(data) {
    this.data = data;
    this.unit = BigInt(data.unit);
    /** @type {Map<string, any>} */
    this.known = new Map();
    this.matches = Object.fromEntries(
      Object.entries(data.components).map(([code, part]) => [code, part.rules.some((/** @type {any[]} */ one) => looksAt(one, "Matched"))]),
    );
  }

  /** The dated values of a standard, later ones replaced by a change. @param {string} path @param {Changes} changes @returns {Steps} */
  values(path, changes) {
    const own = this.data.standards[path].values;
    const steps = changes[path];
    if (!steps) return own;
    const first = steps[0][0];
    const kept = first ? own.filter((/** @type {string[]} */ [day]) => day < first) : [];
    return [...kept, ...steps.map(([day, value]) => [day || ALWAYS, value])];
  }

  /** The value in force on a day, as typed; "0" before the first. @param {string} path @param {Changes} changes @param {string} day */
  valueOn(path, changes, day) {
    const before = this.values(path, changes).filter(([since]) => since <= day);
    return before.length ? before[before.length - 1][1] : "0";
  }

  /**
   * Weight and standards of each part of a year.
   * @param {string} code @param {Changes} changes @param {number} year
   * @returns {{weight: bigint, standards: Object<string, Fraction>}[]}
   */
  pieces(code, changes, year) {
    const { length, cuts } = this.data.years[year];
    const names = /** @type {string[]} */ (this.data.components[code].params);
    const first = `${year}-01-01`;
    const days = new Set([first]);
    for (const name of names)
      for (const [day] of this.values(`${code}.${name}`, changes)) if (day > first && day <= `${year}-12-31`) days.add(day);
    const starts = new Map();
    for (const day of [...days].sort()) starts.set(cuts[dayOfYear(day)], day);
    const at = [...starts.keys()].filter((one) => one < length).sort((a, b) => a - b);
    return at.map((begin, n) => ({
      weight: BigInt((n + 1 < at.length ? at[n + 1] : length) - begin),
      standards: Object.fromEntries(names.map((name) => [name, this.held(`${code}.${name}`, changes, starts.get(begin))])),
    }));
  }

  /** The value in force on a day, in the smallest units of a year. @param {string} path @param {Changes} changes @param {string} day */
  held(path, changes, day) {
    const { scale, over } = this.data.standards[path];
    const value = readFraction(this.valueOn(path, changes, day));
    return fraction(floorDiv(value.n * BigInt(scale), value.d), BigInt(over));
  }

  /** The cells of a year; a year that has those of another one names it. @param {string} code @param {number|string} year @returns {any} */
  cells(code, year) {
    const found = this.data.cells[year][code];
    return typeof found === "string" ? this.cells(code, found) : found;
  }

  /**
   * Fen for one organisation of each kind; a second list for the other payer of a matching.
   * @param {string} code @param {Changes} changes @param {number} year @returns {bigint[][]}
   */
  payments(code, changes, year) {
    return this.kept("payments", code, changes, year, () => this.paid(code, changes, year));
  }

  /** @param {string} code @param {Changes} changes @param {number} year @returns {bigint[][]} */
  paid(code, changes, year) {
    const part = this.data.components[code];
    const cells = this.cells(code, year);
    const count = cells.tier.length;
    const numbers = {
      Quantity: { top: cells.quantity.map(BigInt), bottom: BigInt(cells.divisor) },
      Matched: { top: this.matched(code, changes, year), bottom: 1n },
      Before: { top: this.before(code, changes, year), bottom: 1n },
    };
    const pieces = this.pieces(code, changes, year);
    const standard = (/** @type {string} */ key, /** @type {number} */ piece) => {
      const held = pieces[piece].standards;
      if (key) return forAll(held[key]);
      if (!part.by_tier) throw new RangeError(code);
      const tops = part.rates.map((/** @type {string} */ rate) => held[rate].n);
      return { top: cells.tier.map((/** @type {number} */ tier) => tops[tier]), bottom: held[part.rates[0]].d };
    };
    const leaves = { weights: pieces.map(({ weight }) => weight), standard, unit: this.unit, numbers };
    return part.rules.map((/** @type {any[]} */ rule) => {
      const { top } = treeValue(rule, leaves);
      return Array.from({ length: count }, (_, kind) => nth(top, kind));
    });
  }

  /** What a matching matches, for each kind. @param {string} code @param {Changes} changes @param {number} year */
  matched(code, changes, year) {
    const cells = this.cells(code, year);
    const found = new Array(cells.tier.length).fill(0n);
    if (!this.matches[code]) return found;
    this.data.components[code].of.forEach((/** @type {string} */ other, /** @type {number} */ n) => {
      const inner = this.payments(other, changes, year)[0];
      cells.parts[n].forEach((/** @type {number} */ kind, /** @type {number} */ at) => {
        if (kind >= 0) found[at] += inner[kind];
      });
    });
    return found;
  }

  /** The payment of the year before, for each kind. @param {string} code @param {Changes} changes @param {number} year @returns {bigint[]} */
  before(code, changes, year) {
    const cells = this.cells(code, year);
    if (!this.data.components[code].guaranteed || !this.data.cells[year - 1]) return new Array(cells.tier.length).fill(0n);
    const inner = this.payments(code, changes, year - 1)[0];
    return cells.parts[0].map((/** @type {number} */ kind) => (kind >= 0 ? inner[kind] : 0n));
  }

  /** Fen by payer and district of a component. @param {string} code @param {Changes} changes @param {number} year @returns {ByPayer} */
  component(code, changes, year) {
    return this.kept("component", code, changes, year, () => this.reckoned(code, changes, year));
  }

  /**
   * An answer, made once for the changes that it depends on.
   * @template T @param {string} what @param {string} code @param {Changes} changes @param {number} year @param {() => T} made @returns {T}
   */
  kept(what, code, changes, year, made) {
    const rests = [code, ...(this.matches[code] ? this.data.components[code].of : [])];
    const mine = Object.entries(changes).filter(([path]) => rests.includes(path.split(".")[0]));
    const key = JSON.stringify([what, code, year, mine]);
    if (!this.known.has(key)) {
      if (this.known.size > KEPT_ANSWERS) this.known.clear();
      this.known.set(key, made());
    }
    return this.known.get(key);
  }

  /** @param {string} code @param {Changes} changes @param {number} year @returns {ByPayer} */
  reckoned(code, changes, year) {
    const part = this.data.components[code];
    const sums = this.payments(code, changes, year).map((pay) => this.ofDistricts(code, year, pay));
    if (part.payers) return Object.fromEntries(part.payers.map((/** @type {string} */ payer, /** @type {number} */ n) => [payer, sums[n]]));
    const rest = [...sums[0]];
    /** @type {ByPayer} */
    const found = {};
    part.shares.forEach((/** @type {string[]} */ [payer, share], /** @type {number} */ n) => {
      if (n + 1 === part.shares.length) {
        found[payer] = rest;
        return;
      }
      found[payer] = sums[0].map((fen) => halfUp(product(fraction(fen), readFraction(share)), 1n));
      found[payer].forEach((fen, place) => {
        rest[place] -= fen;
      });
    });
    return found;
  }

  /** The money of each district by its own rule, from a payment by kind. @param {string} code @param {number} year @param {bigint[]} pay */
  ofDistricts(code, year, pay) {
    const cells = this.cells(code, year);
    const payments = summed(pay, cells, this.data.areas.length);
    const none = new Array(payments.length).fill(0n);
    const numbers = {
      Payments: { top: payments, bottom: 1n },
      Spent: { top: cells.spent ? cells.spent.map((/** @type {number|null} */ fen) => BigInt(fen || 0)) : none, bottom: 1n },
    };
    const leaves = { weights: [], standard: () => forAll(fraction(0n)), unit: this.unit, numbers };
    const { top } = treeValue(cells.district, leaves);
    return payments.map((_, place) => (cells.known[place] ? nth(top, place) : 0n));
  }

  /** Fen by component, payer and district. @param {Changes} changes @param {number} year @returns {Object<string, ByPayer>} */
  money(changes, year) {
    return Object.fromEntries(Object.keys(this.data.components).map((code) => [code, this.component(code, changes, year)]));
  }

  /** Fen of a year: in all, by district, by payer. @param {Changes} changes @param {number} year @param {number} [place] one district, or -1 @returns {Sums} */
  sums(changes, year, place = -1) {
    const areas = new Array(this.data.areas.length).fill(0n);
    /** @type {Object<string, bigint>} */
    const payers = {};
    let total = 0n;
    for (const paid of Object.values(this.money(changes, year))) {
      for (const [payer, fen] of Object.entries(paid)) {
        let sum = 0n;
        fen.forEach((amount, at) => {
          if (place >= 0 && at !== place) return;
          areas[at] += amount;
          sum += amount;
        });
        total += sum;
        payers[payer] = (payers[payer] || 0n) + sum;
      }
    }
    return { total, areas, payers };
  }
}

/** Payments by district: in doubles where these are exact. @param {bigint[]} pay @param {any} cells @param {number} count @returns {bigint[]} */
function summed(pay, cells, count) {
  const most = pay.reduce((a, b) => (a < b ? b : a), 0n);
  const organisations = cells.number.reduce((/** @type {number} */ a, /** @type {number} */ b) => a + b, 0);
  if (most * BigInt(organisations) < SAFE) {
    const plain = pay.map(Number);
    const total = new Float64Array(count);
    cells.area.forEach((/** @type {number} */ area, /** @type {number} */ n) => {
      total[area] += plain[cells.kind[n]] * cells.number[n];
    });
    return Array.from(total, BigInt);
  }
  const total = new Array(count).fill(0n);
  cells.area.forEach((/** @type {number} */ area, /** @type {number} */ n) => {
    total[area] += pay[cells.kind[n]] * BigInt(cells.number[n]);
  });
  return total;
}

/** Which day of its year, from 0. @param {string} day */
function dayOfYear(day) {
  const [year, month, date] = day.split("-").map(Number);
  return Math.round((Date.UTC(year, month - 1, date) - Date.UTC(year, 0, 1)) / 86400000);
}
