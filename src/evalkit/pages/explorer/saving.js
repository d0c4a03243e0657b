"use strict";
/* What is shown as files: the whole table, the drawing as lines and as a picture. Base, source and marks go with them. */

const LARGEST_SIDE = 16000; // pixels of a picture

/** @param {Choice} choice @param {string} end */
const fileName = (choice, end) => `${say(`view.${choice.view}`)}-${indicatorName(choice.code)}-${choice.period}.${end}`.replace(/[\\/:*?"<>|\s]+/g, "_");

/** @param {Choice} choice */
function saveTable(choice) {
  const listing = listingOf(choice, true);
  const rows = rowsOf(choice);
  const codes = choice.view === "scatter" ? [choice.across, choice.code] : choice.view === "spine" || choice.view === "compare" ? tracksOf(choice).map(({ code }) => code) : [choice.code];
  const notes = [listing.caption, ...standingNotes(choice, codes, rows), inLanguage([allWords.zh.mark, allWords.en.mark])].filter(Boolean);
  const name = fileName(choice, "csv");
  saveFile(name, csvOf([listing.heads, ...listing.rows, [], ...notes.map((note) => [note])]), "text/csv;charset=utf-8");
  return name;
}

/** The drawing as a file of its own. */
function drawnText() {
  const copy = byId("chart").querySelector("svg").cloneNode(true);
  for (const one of copy.querySelectorAll("*")) for (const name of ["tabindex", "role", "aria-pressed", "data-path", "data-code", "data-period", "class"]) one.removeAttribute(name);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(copy)}`;
}

/** @param {Choice} choice */
function saveDrawing(choice) {
  const name = fileName(choice, "svg");
  saveFile(name, drawnText(), "image/svg+xml");
  return name;
}

/** @param {Choice} choice @returns {Promise<string>} */
function savePicture(choice) {
  const svg = byId("chart").querySelector("svg");
  const [width, height] = ["width", "height"].map((side) => Number(svg.getAttribute(side)));
  const size = Math.min(2, LARGEST_SIDE / Math.max(width, height));
  const address = URL.createObjectURL(new Blob([drawnText()], { type: "image/svg+xml" }));
  return new Promise((done, failed) => {
    const picture = new Image();
    picture.onerror = () => failed(new Error(address));
    picture.onload = () => {
      const canvas = element("canvas", { width: Math.round(width * size), height: Math.round(height * size) });
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(address);
      canvas.toBlob((/** @type {Blob} */ blob) => {
        saveFile(fileName(choice, "png"), blob, "image/png");
        done(fileName(choice, "png"));
      }, "image/png");
    };
    picture.src = address;
  });
}
