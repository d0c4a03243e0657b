"use strict";
/* Files that are made in the page and saved by the browser; nothing is sent anywhere. */

/** @param {string} name @param {BlobPart} content @param {string} type */
function saveFile(name, content, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** Rows as a spreadsheet opens them: UTF-8 with its mark. @param {string[][]} rows */
const csvOf = (rows) => `\ufeff${rows.map((row) => row.map(csvCell).join(",")).join("\r\n")}\r\n`;

/** A number as printed (1,234.5, −3) as a number; a text that would be a formula as text. @param {string} text */
function csvCell(text) {
  const number = /^[−-]?\d[\d,]*(\.\d+)?%?$/.test(text);
  const plain = number ? text.replace("−", "-").replaceAll(",", "") : text;
  const guarded = !number && /^[\s\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]*[=+@\-−\t\r]/.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}
