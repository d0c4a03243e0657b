"use strict";
/* Elements are made, filled and found by these; text is always text, so that no name can become markup. */

/** The element with an id of the page's own. @param {string} id @returns {any} */
const byId = (id) => document.getElementById(id);

/**
 * An element with attributes and content. "text" is its text, "onX" a listener, true and false set and leave out an attribute.
 * @param {string} name  "svg:rect" for an element of a drawing
 * @param {Object<string, any>} [attributes]
 * @param {...(Node|string)} content
 * @returns {any}
 */
function element(name, attributes = {}, ...content) {
  const drawn = name.startsWith("svg:");
  const made = drawn ? document.createElementNS("http://www.w3.org/2000/svg", name.slice(4)) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "text") made.textContent = String(value);
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== undefined && value !== null) made.setAttribute(key, String(value));
  }
  made.append(...content);
  return made;
}

/** What the page was given. @returns {any} */
function readData() {
  return JSON.parse(byId("data").textContent);
}
