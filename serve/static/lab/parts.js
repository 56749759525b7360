// Parts that the pages of data sets, runs and classifiers are made of.

import { element, icon } from "../dom.js";


/** @typedef {Node | string | null | false | undefined} Child */

/**
 * An element with children.
 * @param {string} tag with its classes, as in "div.card.wide"
 * @param {...Child} children
 * @returns {HTMLElement}
 */
export function make(tag, ...children) {
  const [name, ...classes] = tag.split(".");
  const made = element(name, classes.join(" "));
  made.append(...children.filter((child) => child || child === "").map((child) => /** @type {Node | string} */ (child)));
  return made;
}

/**
 * @param {string} label @param {() => unknown} run
 * @param {{kind?: string, picture?: string, title?: string, shy?: boolean}} [more] shy: only its picture is shown
 * @returns {HTMLButtonElement}
 */
export function button(label, run, { kind = "", picture, title, shy = false } = {}) {
  const made = /** @type {HTMLButtonElement} */ (element("button", shy ? `icon-button small ${kind}` : kind));
  made.type = "button";
  if (picture) made.append(icon(picture));
  if (shy) made.setAttribute("aria-label", label);
  else made.append(label);
  if (title ?? shy) made.title = title ?? label;
  made.addEventListener("click", () => void run());
  return made;
}

/** @param {string} label @param {HTMLElement} control @param {string} [hint] @returns {HTMLElement} */
export function field(label, control, hint) {
  const made = make("label.field", make("span", label), control);
  if (hint) made.append(make("small", hint));
  return made;
}

/**
 * @param {string[] | [string, string][]} options values, with what is shown of them
 * @param {string} chosen @param {(value: string) => void} [changed] @returns {HTMLSelectElement}
 */
export function select(options, chosen, changed) {
  const made = document.createElement("select");
  for (const option of options) {
    const [value, shown] = typeof option === "string" ? [option, option] : option;
    made.append(new Option(shown, value, false, value === chosen));
  }
  made.addEventListener("change", () => changed?.(made.value));
  return made;
}

/**
 * @param {number | null} value
 * @param {{lowest?: number, highest?: number, step?: number | "any", changed?: (value: number | null) => void,
 *   label?: string, empty?: string}} [more]
 * @returns {HTMLInputElement}
 */
export function number(value, { lowest, highest, step = "any", changed, label, empty } = {}) {
  const made = document.createElement("input");
  made.type = "number";
  if (lowest !== undefined) made.min = String(lowest);
  if (highest !== undefined) made.max = String(highest);
  made.step = String(step);
  made.value = value === null ? "" : String(round(value));
  if (empty) made.placeholder = empty;
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("change", () => changed?.(made.value === "" ? null : made.valueAsNumber));
  return made;
}

/** @param {string} value @param {{empty?: string, label?: string}} [more] @returns {HTMLInputElement} */
export function text(value, { empty, label } = {}) {
  const made = document.createElement("input");
  made.type = "text";
  made.value = value;
  made.maxLength = 200;
  made.spellcheck = false;
  if (empty) made.placeholder = empty;
  if (label) made.setAttribute("aria-label", label);
  return made;
}

/** @param {string[]} heads @param {Child[][]} rows the first of each is its head @param {string} label */
export function table(heads, rows, label) {
  const made = make("table.figures", make("thead", make("tr", ...heads.map((head) => headCell(head, "col")))));
  const body = document.createElement("tbody");
  for (const [first, ...rest] of rows) body.append(make("tr", headCell(first, "row"), ...rest.map((cell) => make("td", cell ?? ""))));
  made.append(body);
  made.setAttribute("aria-label", label);
  return scroller(made, label);
}

/** @param {Child} content @param {string} scope */
function headCell(content, scope) {
  const cell = make("th", content ?? "");
  cell.setAttribute("scope", scope);
  return cell;
}

/** What is wider than the page scrolls by itself, with keys too. @param {HTMLElement} inner @param {string} label */
export function scroller(inner, label) {
  const made = make("div.scroller", inner);
  made.tabIndex = 0;
  made.setAttribute("role", "region");
  made.setAttribute("aria-label", label);
  return made;
}

/** @param {string} title @param {...Child} children */
export const card = (title, ...children) => make("section.card", make("h2", title), ...children);

/** @param {number} value @returns {number} as people write it */
export const round = (value) => (Number.isInteger(value) ? value : Number(value.toPrecision(4)));

/** @param {number} value from 0 to 1 */
export const percent = (value) => `${(100 * value).toFixed(value > 0.9995 || value < 0.0005 ? 0 : 1)} %`;

/** @param {number} seconds @returns {string} */
export function lasting(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86400).toFixed(1)} days`;
}

/** @param {Blob} content @param {string} name */
export function download(content, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** One sound at a time. */
export const listening = {
  audio: /** @type {HTMLAudioElement | null} */ (null),
  /** @type {HTMLElement | null} */
  by: null,
  /** @param {string} url @param {HTMLElement} by what is marked while it plays; again, and it stops */
  toggle(url, by) {
    const stops = this.by === by;
    this.stop();
    if (stops) return;
    this.by = by;
    by.classList.add("is-playing");
    this.audio = new Audio(url);
    this.audio.addEventListener("ended", () => this.stop());
    this.audio.play().catch(() => this.stop());
  },
  stop() {
    this.audio?.pause();
    this.by?.classList.remove("is-playing");
    this.audio = this.by = null;
  },
};
