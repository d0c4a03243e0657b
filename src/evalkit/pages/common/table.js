"use strict";
/* A table as people and screen readers need it: caption, headings of columns and rows. */

/** @typedef {{caption: string, heads: string[], rows: string[][], total?: boolean}} Table  `total`: the last row is a sum */

/**
 * Fill a table. The first cell of a row is its heading; numbers stand right. One of the same shape keeps its cells, so that only
 * what changed is laid out again.
 * @param {HTMLTableElement} node @param {Table} content
 */
function fillTable(node, content) {
  const { caption, heads, rows, total = false } = content;
  const texts = [caption, ...heads, ...rows.flat()];
  const cells = [...node.querySelectorAll("caption, th, td")];
  const shape = JSON.stringify([heads.length, rows.length, total]);
  if (node.dataset.shape === shape && cells.length === texts.length) {
    texts.forEach((text, n) => {
      if (cells[n].textContent !== text) cells[n].textContent = text;
    });
    return;
  }
  node.dataset.shape = shape;
  const cell = (/** @type {string} */ text, /** @type {number} */ column) =>
    element(column ? "td" : "th", column ? { text } : { text, scope: "row" });
  const body = rows.map((row, n) => element("tr", { class: total && n + 1 === rows.length && "total" }, ...row.map(cell)));
  node.replaceChildren(
    element("caption", { text: caption }),
    element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { text, scope: "col" })))),
    element("tbody", {}, ...body),
  );
}
