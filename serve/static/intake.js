// How files get to the page: chosen, pasted or dropped.

import { the } from "./dom.js";
import { FontMenu } from "./soundfont/font_menu.js";

/** @import {App} from "./app.js" */

/** @param {App} app */
export function listenToFiles(app) {
  const files = /** @type {HTMLInputElement} */ (the("files"));
  for (const id of ["add-button", "choose-button"]) the(id).addEventListener("click", () => files.click());
  files.addEventListener("change", () => {
    app.library.add(files.files ?? []);
    files.value = "";
  });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData?.files.length) void app.library.addTransfer(event.clipboardData);
  });
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    document.body.classList.add("is-dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("is-dropping");
  });
  document.addEventListener("drop", (event) => {
    document.body.classList.remove("is-dropping");
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    take(app, event.dataTransfer);
  });
}

/** @param {App} app @param {DataTransfer} dropped */
function take(app, dropped) {
  const [file] = dropped.files;
  const font = FontMenu.among(dropped.files);
  if (font) void app.fonts.use(font);
  else if (app.lab.mode === "classify" && file) app.lab.pages.classify.drop(file);
  else void app.library.addTransfer(dropped);
}
