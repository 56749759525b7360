// The buttons and keys of the page, apart from those of its panels.

import * as api from "./api.js";
import { the } from "./dom.js";
import { press } from "./keys.js";
import { complain } from "./notices.js";

/** @import {App} from "./app.js" */

/** @param {App} app */
export function listenToControls(app) {
  const { commands } = app;
  /** @param {string} id @param {() => void} run */
  const on = (id, run) => the(id).addEventListener("click", run);
  on("undo", () => commands.undo());
  on("redo", () => commands.redo());
  on("zoom-in", () => commands.zoom(1.4, false));
  on("zoom-out", () => commands.zoom(1 / 1.4, false));
  on("zoom-fit", () => app.roll.fit(true));
  on("tool-select", () => commands.chooseTool("select"));
  on("tool-draw", () => commands.chooseTool("draw"));
  on("home-button", () => void app.open(null));
  on("library-button", () => openPanel("library"));
  on("inspector-button", () => openPanel("inspector"));
  on("help-button", () => commands.help());
  on("help-close", () => /** @type {HTMLDialogElement} */ (the("help")).close());
  for (const button of document.querySelectorAll("#modes [data-mode]")) {
    const mode = button.getAttribute("data-mode") ?? "";
    button.addEventListener("click", () => void app.goTo(mode === "songs" ? "" : mode));
  }
  the("snap").addEventListener("change", (event) => {
    app.editing.snap = Number(/** @type {HTMLSelectElement} */ (event.target).value);
  });
  the("name").addEventListener("change", () => {
    const name = /** @type {HTMLInputElement} */ (the("name")).value.trim();
    if (app.recording && name) api.rename(app.recording.id, name).catch(complain);
  });
  window.addEventListener("hashchange", () => void app.goTo(location.hash.slice(1)));
  window.addEventListener("beforeunload", () => void app.doc?.flush());
  document.addEventListener("keydown", (event) => {
    if (isForTheRoll(event) && press(app, event)) event.preventDefault();
  });
  document.addEventListener("click", giveKeysBack);
}

/** On narrow screens. @param {"library" | "inspector" | null} which is opened, or closed if it is open; the others close */
export function openPanel(which) {
  for (const id of ["library", "inspector"]) {
    const panels = id === "library" ? [the("library"), the("jobs")] : [the(id)];
    const opens = id === which && !panels[0].classList.contains("is-open");
    for (const panel of panels) panel.classList.toggle("is-open", opens);
    the(`${id}-button`).setAttribute("aria-expanded", String(opens));
  }
}

/** Whether a key is not for what has the focus. @param {KeyboardEvent} event */
function isForTheRoll(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  const isModal = document.querySelector("dialog[open]");
  const types = target.matches("input:not([type=range], [type=radio], [type=checkbox]), select, textarea");
  if (isModal || types || document.body.dataset.view !== "editor") return false;
  // A button or slider keeps the keys that work it.
  if (target.matches("button, summary, [role=radio], [type=checkbox]") && ["Enter", " "].includes(event.key)) return false;
  const slides = event.key.startsWith("Arrow") || ["Home", "End", "PageUp", "PageDown"].includes(event.key);
  if (target.matches("input") && slides) return false;
  return !target.closest("[popover]");
}

/** After a click on a button the keys are the roll's again; whoever came there by keys stays. @param {MouseEvent} event */
function giveKeysBack(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.detail > 0 && target.closest(".toolbar button, .transport button, .track button, .chip")) {
    the("roll").focus({ preventScroll: true });
  }
}
