"use strict";
/* A rule is a tree of nodes [name, ...parts] that the page is given; here is what each node means, and no rule of a payment. */

/**
 * What a tree looks at: the parts of a year with their weights, the standard of a part (of a key, or of the tier of each kind),
 * and numbers by the name of their node.
 * @typedef {{weights: bigint[], standard: (key: string, piece: number) => Exact, unit: bigint, numbers: Object<string, Exact>}} Leaves
 */

/** The value of a tree for every kind. @param {any[]} node @param {Leaves} leaves @param {number} [piece] @returns {Exact} */
function treeValue(node, leaves, piece = 0) {
  const read = (/** @type {any[]} */ part) => treeValue(part, leaves, piece);
  switch (node[0]) {
    case "Number":
      return forAll(readFraction(node[1]));
    case "Standard":
      return leaves.standard(node[1], piece);
    case "Mean":
      return mean(node[1], leaves);
    case "Sum":
      return node[1].map(read).reduce((/** @type {Exact} */ a, /** @type {Exact} */ b) => joined(a, b, (x, y) => x + y));
    case "Less":
      return joined(read(node[1]), read(node[2]), (x, y) => x - y);
    case "Product": {
      const [one, other] = [read(node[1]), read(node[2])];
      return { top: pairwise(one.top, other.top, (x, y) => x * y), bottom: one.bottom * other.bottom };
    }
    case "Divided": {
      const [whole, by] = [read(node[1]), read(node[2])];
      return { top: whole.top.map((top) => top * by.bottom), bottom: whole.bottom * by.top[0] };
    }
    case "AtLeast":
      return joined(read(node[1]), read(node[2]), (x, y) => (x < y ? y : x));
    case "AtMost":
      return joined(read(node[1]), read(node[2]), (x, y) => (y < x ? y : x));
    case "Rounded": {
      const found = read(node[1]);
      return { top: found.top.map((n) => halfUp({ n, d: found.bottom }, leaves.unit)), bottom: 1n };
    }
    case "Estimated":
      return estimated(read(node[1]), node[2]);
    default:
      if (!(node[0] in leaves.numbers)) throw new RangeError(node[0]);
      return leaves.numbers[node[0]];
  }
}

/** The mean over the parts of a year, by their weights. @param {any[]} node @param {Leaves} leaves @returns {Exact} */
function mean(node, leaves) {
  const weighted = leaves.weights.map((weight, piece) => {
    const { top, bottom } = treeValue(node, leaves, piece);
    return { top: top.map((one) => one * weight), bottom };
  });
  const { top, bottom } = weighted.reduce((a, b) => joined(a, b, (x, y) => x + y));
  return { top, bottom: bottom * leaves.weights.reduce((a, b) => a + b) };
}

/** Growth and take-up: an estimate to the fen. @param {Exact} value @param {number} factor @returns {Exact} */
function estimated(value, factor) {
  if (factor === 1) return value;
  const of = (/** @type {bigint} */ top) => {
    const about = (Number(top) / Number(value.bottom)) * factor;
    return BigInt(Math.floor(Math.round(about * 1e4) / 1e4 + 0.5));
  };
  return { top: value.top.map(of), bottom: 1n };
}

/** Whether a tree looks at a leaf. @param {any[]} node @param {string} leaf @returns {boolean} */
function looksAt(node, leaf) {
  return node[0] === leaf || node.some((part) => Array.isArray(part) && looksAt(part, leaf));
}
