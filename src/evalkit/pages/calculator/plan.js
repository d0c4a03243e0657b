"use strict";
/* The money of a plan: counted cells by year, standards with their days, who pays. Fen are BigInt. */

/** A changed standard: from which day on ("" always) which value, as typed. @typedef {{since: string, value: string}} Change */

class Plan {
  /** @param {any} data what `as_data` wrote */
  constructor(data) {
    this.data = data;
    this.unit = BigInt(data.unit);
    this.known = new Map();
  }

  /** The dated values of a standard, later ones replaced by a change. @param {string} path @param {Object<string, Change>} changes */
  values(path, changes) {
    const own = this.data.standards[path].values;
    const change = changes[path];
    if (!change) return own;
    if (!change.since) return [["1900-01-01", change.value]];
    return [...own.filter(([day]) => day < change.since), [change.since, change.value]];
  }

  /** Weight and standards of each part of a year. @returns {Piece[]} */
  pieces(code, changes, year) {
    const { length, cuts } = this.data.years[year];
    const names = this.data.components[code].params;
    const first = `${year}-01-01`;
    const dated = Object.fromEntries(names.map((name) => [name, this.values(`${code}.${name}`, changes)]));
    const days = new Set([first]);
    for (const name of names) for (const [day] of dated[name]) if (day > first && day <= `${year}-12-31`) days.add(day);
    const starts = new Map();
    for (const day of [...days].sort()) starts.set(cuts[dayOfYear(day)], day);
    const at = [...starts.keys()].filter((one) => one < length).sort((a, b) => a - b);
    return at.map((begin, n) => ({
      weight: BigInt((n + 1 < at.length ? at[n + 1] : length) - begin),
      standards: Object.fromEntries(names.map((name) => [name, this.held(`${code}.${name}`, dated[name], starts.get(begin))])),
    }));
  }

  /** The value in force on a day, in the smallest units of a year. */
  held(path, dated, day) {
    const { scale, over } = this.data.standards[path];
    const before = dated.filter(([since]) => since <= day);
    const value = before.length ? readFraction(before[before.length - 1][1]) : fraction(0n);
    return fraction(floorDiv(value.n * BigInt(scale), value.d), BigInt(over));
  }

  /** Fen for one organisation of each kind; a second list for the other payer of a matching. @returns {bigint[][]} */
  payments(code, changes, year) {
    const part = this.data.components[code];
    const cells = this.cells(code, year);
    const count = cells.tier.length;
    const matched = new Array(count).fill(0n);
    part.of.forEach((other, n) => {
      const inner = this.payments(other, changes, year)[0];
      cells.parts[n].forEach((kind, at) => {
        if (kind >= 0) matched[at] += inner[kind];
      });
    });
    let before = new Array(count).fill(0n);
    if (part.guaranteed && this.data.cells[year - 1]) {
      const inner = this.payments(code, changes, year - 1)[0];
      before = cells.parts[0].map((kind) => (kind >= 0 ? inner[kind] : 0n));
    }
    const pieces = this.pieces(code, changes, year);
    const divisor = BigInt(cells.divisor);
    return part.rules.map((rule) =>
      cells.tier.map((tier, kind) => {
        const leaves = {
          Quantity: fraction(BigInt(cells.quantity[kind]), divisor),
          Matched: fraction(matched[kind]),
          Before: fraction(before[kind]),
          tier: part.by_tier ? part.rates[tier] : "",
          unit: this.unit,
          pieces,
        };
        return valueOf(rule, leaves).n;
      }),
    );
  }

  /** The cells of a year; a year that has those of another one names it. */
  cells(code, year) {
    const found = this.data.cells[year][code];
    return typeof found === "string" ? this.cells(code, found) : found;
  }

  /** Fen by payer and district of a component. @returns {Object<string, bigint[]>} */
  component(code, changes, year) {
    const mine = [code, ...this.data.components[code].of];
    const key = JSON.stringify([code, year, Object.entries(changes).filter(([path]) => mine.includes(path.split(".")[0]))]);
    if (!this.known.has(key)) {
      if (this.known.size > 500) this.known.clear();
      this.known.set(key, this.reckoned(code, changes, year));
    }
    return this.known.get(key);
  }

  reckoned(code, changes, year) {
    const part = this.data.components[code];
    const cells = this.cells(code, year);
    const sums = this.payments(code, changes, year).map((pay) => {
      const total = this.data.areas.map(() => 0n);
      cells.area.forEach((area, n) => {
        total[area] += pay[cells.kind[n]] * BigInt(cells.number[n]);
      });
      return total.map((fen, place) => {
        if (!cells.known[place]) return 0n;
        const leaves = { Payments: fraction(fen), Spent: fraction(BigInt(cells.spent ? cells.spent[place] : 0)), unit: this.unit };
        return valueOf(cells.district, leaves).n;
      });
    });
    if (part.payers) return Object.fromEntries(part.payers.map((payer, n) => [payer, sums[n]]));
    const rest = [...sums[0]];
    const found = {};
    part.shares.forEach(([payer, share], n) => {
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

  /** Fen by component, payer and district. @param {Object<string, Change>} changes @param {number} year */
  money(changes, year) {
    return Object.fromEntries(Object.keys(this.data.components).map((code) => [code, this.component(code, changes, year)]));
  }

  /** Fen of a year: in all, by district, by payer. `place` is one district, or -1 for all. */
  sums(changes, year, place = -1) {
    const areas = this.data.areas.map(() => 0n);
    const payers = {};
    let total = 0n;
    for (const paid of Object.values(this.money(changes, year))) {
      for (const [payer, fen] of Object.entries(paid)) {
        fen.forEach((amount, at) => {
          if (place >= 0 && at !== place) return;
          areas[at] += amount;
          total += amount;
          payers[payer] = (payers[payer] || 0n) + amount;
        });
      }
    }
    return { total, areas, payers };
  }

  /** The highest step of a standard that adds no more than a budget; null where none does. */
  highest(path, changes, budget, year, place = -1) {
    const one = this.data.standards[path];
    const [low, high, step] = [one.range[0], one.range[1], one.step].map(readFraction);
    const now = this.sums({}, year, place).total;
    const steps = divided(less(high, low), step);
    let [first, last] = [-1n, steps.n / steps.d];
    const value = (k) => shownFraction(add(low, product(step, fraction(k))));
    while (first < last) {
      const middle = (first + last + 1n) / 2n;
      const changed = { ...changes, [path]: { since: "", value: value(middle) } };
      if (this.sums(changed, year, place).total - now <= budget) first = middle;
      else last = middle - 1n;
    }
    return first < 0n ? null : value(first);
  }
}

/** Which day of its year, from 0. @param {string} day */
function dayOfYear(day) {
  const [year, month, date] = day.split("-").map(Number);
  return Math.round((Date.UTC(year, month - 1, date) - Date.UTC(year, 0, 1)) / 86400000);
}

/** A fraction with a finite decimal as it is typed. @param {Fraction} value */
function shownFraction(value) {
  for (let digits = 0n; digits <= 6n; digits += 1n) {
    const scaled = value.n * 10n ** digits;
    if (scaled % value.d === 0n) {
      const text = String(scaled / value.d).padStart(Number(digits) + 1, "0");
      return digits ? `${text.slice(0, -Number(digits))}.${text.slice(-Number(digits))}` : text;
    }
  }
  return String(Number(value.n) / Number(value.d));
}
