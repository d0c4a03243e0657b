"use strict";
/* A rule is a tree of nodes [name, ...parts] that the page is given; here is what each node means, and no rule of a payment. */

/**
 * @typedef {{weight: bigint, standards: Object<string, Fraction>}} Piece  a part of a year
 * @typedef {{pieces: Piece[], tier: string, unit: bigint} & Object<string, any>} Leaves  what a tree looks at
 */

/** The value of a tree. @param {any[]} node @param {Leaves} leaves @param {number} [piece] @returns {Fraction} */
function valueOf(node, leaves, piece = 0) {
  const read = (part) => valueOf(part, leaves, piece);
  switch (node[0]) {
    case "Number":
      return readFraction(node[1]);
    case "Standard":
      return leaves.pieces[piece].standards[node[1] || leaves.tier];
    case "Mean":
      return mean(node[1], leaves);
    case "Sum":
      return node[1].map(read).reduce(add);
    case "Less":
      return less(read(node[1]), read(node[2]));
    case "Product":
      return product(read(node[1]), read(node[2]));
    case "Divided":
      return divided(read(node[1]), read(node[2]));
    case "AtLeast": {
      const [value, floor] = [read(node[1]), read(node[2])];
      return isLess(value, floor) ? floor : value;
    }
    case "AtMost": {
      const [value, cap] = [read(node[1]), read(node[2])];
      return isLess(cap, value) ? cap : value;
    }
    case "Rounded":
      return fraction(halfUp(read(node[1]), leaves.unit));
    case "Estimated":
      return estimated(read(node[1]), node[2]);
    default:
      if (!(node[0] in leaves)) throw new RangeError(node[0]);
      return leaves[node[0]];
  }
}

/** The mean over the parts of a year, by their weights. @param {any[]} node @param {Leaves} leaves */
function mean(node, leaves) {
  let total = fraction(0n);
  let whole = 0n;
  leaves.pieces.forEach(({ weight }, n) => {
    total = add(total, product(valueOf(node, leaves, n), fraction(weight)));
    whole += weight;
  });
  return divided(total, fraction(whole));
}

/** Growth and take-up: an estimate to the fen. @param {Fraction} value @param {number} factor */
function estimated(value, factor) {
  if (factor === 1) return value;
  const about = (Number(value.n) / Number(value.d)) * factor;
  return fraction(BigInt(Math.floor(Math.round(about * 1e4) / 1e4 + 0.5)));
}
