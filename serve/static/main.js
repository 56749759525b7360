// Starts the page.

import * as api from "./api.js";
import { App } from "./app.js";
import { palette } from "./colours.js";
import { the } from "./dom.js";
import { complain } from "./notices.js";
import { restoreTheme } from "./theme.js";
import { drawWelcome } from "./welcome.js";

/** @import {About} from "./types.js" */

/** Ask for the token until it is right. @returns {Promise<About>} */
async function enter() {
  try {
    return await api.about();
  } catch (error) {
    if (!(error instanceof api.ApiError) || error.status !== 401) throw error;
  }
  const dialog = /** @type {HTMLDialogElement} */ (the("login"));
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.showModal();
  return new Promise((resolve) => {
    the("login-form").addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        await api.openSession(/** @type {HTMLInputElement} */ (the("token")).value.trim());
        resolve(await api.about());
        dialog.close();
      } catch (error) {
        the("login-error").textContent = error instanceof Error ? error.message : String(error);
      }
    });
  });
}

async function start() {
  restoreTheme();
  drawWelcome(the("welcome-art"), palette());
  const app = new App(await enter());
  await app.library.refresh();
  await app.goTo(location.hash.slice(1));
  document.body.dataset.ready = "true";
  Object.assign(window, { mp3tomidi: app }); // for those who look behind the page
}

start().catch(complain);
