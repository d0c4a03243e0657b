"use strict";
/* A table as people and screen readers need it: caption, headings of columns and rows. */

/**
 * Fill a table anew. The first cell of a row is its heading; numbers stand right.
 * @param {HTMLTableElement} node
 * @param {{caption: string, heads: string[], rows: string[][], total?: boolean}} content  `total`: the last row is a sum
 */
function fillTable(node, { caption, heads, rows, total = false }) {
  const cell = (/** @type {string} */ text, /** @type {number} */ column) =>
    element(column ? "td" : "th", column ? { text } : { text, scope: "row" });
  const body = rows.map((row, n) => element("tr", { class: total && n + 1 === rows.length && "total" }, ...row.map(cell)));
  node.replaceChildren(
    element("caption", { text: caption }),
    element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { text, scope: "col" })))),
    element("tbody", {}, ...body),
  );
}
