// The menu of exports, and the table of keys.

import { element, the } from "./dom.js";
import { GESTURES, SHORTCUTS } from "./keys.js";

/** @import {App} from "./app.js" */

// Formats of the command line, by name.
const EXPORTS = [
  ["mid", "MIDI", "for every DAW"],
  ["musicxml", "MusicXML", "a score"],
  ["json", "JSON", "all events, with confidences"],
  ["csv", "CSV", "a table"],
  ["sound", "WAV", "the notes as sound"],
  ["mix", "WAV, both", "original left, notes right"],
];

/** @param {App} app */
export function fillExports(app) {
  const known = new Set(app.about.formats.map((format) => format.name));
  const menu = the("export-menu");
  /** @param {string} format @param {string} name @param {string} what @param {boolean} mpe */
  const item = (format, name, what, mpe) => {
    const button = /** @type {HTMLButtonElement} */ (element("button", "menu-item"));
    button.dataset.format = mpe ? "mpe" : format;
    button.append(element("strong", "", name), element("span", "", what));
    button.addEventListener("click", () => {
      menu.hidePopover();
      void app.commands.export(format, mpe);
    });
    menu.append(button);
    return button;
  };
  for (const [format, name, what] of EXPORTS) {
    if (!known.has(format)) continue;
    item(format, name, what, false);
    if (format !== "mid") continue;
    const mpe = item(format, "MIDI, MPE", "", true);
    menu.addEventListener("beforetoggle", () => {
      mpe.disabled = !app.doc?.settings.bends;
      /** @type {HTMLElement} */ (mpe.lastChild).textContent = mpe.disabled ? "with Bends switched on" : "each note bends by itself";
    });
  }
}

export function fillHelp() {
  for (const group of ["Listen", "Mend", "Look"]) {
    const rows = SHORTCUTS.filter((one) => one.group === group).map(({ keys, does }) => [keys, does]);
    the("key-table").append(helpTable(group, rows));
  }
  the("key-table").append(helpTable("Mouse and fingers", GESTURES));
}

/** @param {string} title @param {string[][]} rows of what is done and what it does */
function helpTable(title, rows) {
  const list = element("dl", "");
  for (const [done, does] of rows) {
    const row = element("div", "");
    row.append(element("dt", "", done), element("dd", "", does));
    list.append(row);
  }
  const part = element("section", "");
  part.append(element("h3", "", title), list);
  return part;
}
