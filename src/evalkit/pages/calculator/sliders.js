"use strict";
/* A slider and the number beside it for every standard, by component. */

/** @type {Object<string, {slider: any, number: any, label: any}>} */
const sliderOf = {};

function makeSliders() {
  const groups = Object.keys(data.components).map((code) => {
    const paths = data.components[code].params.map((/** @type {string} */ key) => `${code}.${key}`);
    return element("div", { class: "sliders" }, ...paths.map(sliderRow));
  });
  byId("sliders").replaceChildren(...groups);
}

/** @param {string} path */
function sliderRow(path) {
  const one = data.standards[path];
  const id = `slider-${path}`;
  const label = element("label", { for: id });
  const slider = element("input", { type: "range", id, min: one.range[0], max: one.range[1], step: one.step });
  const number = element("output", { for: id });
  slider.addEventListener("input", () => {
    state.item = path;
    take(path, slider.value, sinceOf(path));
  });
  sliderOf[path] = { slider, number, label };
  return element("div", { class: "slider" }, label, slider, number);
}

function showSliders() {
  for (const [path, { slider, number, label }] of Object.entries(sliderOf)) {
    const value = valueNow(path);
    label.textContent = labelOf(path);
    slider.value = value;
    slider.setAttribute("aria-valuetext", `${value} ${unitOf(path)}`);
    number.textContent = `${value} ${unitOf(path)}`;
  }
}
