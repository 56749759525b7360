// A recording that is not there yet: what it waits for, how far it is, why it could not be heard.

import * as api from "./api.js";
import { the } from "./dom.js";
import { overall, stageText } from "./library.js";
import { complain } from "./notices.js";

/** @import {Recording} from "./types.js" */

const TITLES = /** @type {Record<string, string>} */ ({
  queued: "Waits for its turn",
  failed: "This could not be heard",
  cancelled: "Stopped",
  interrupted: "Interrupted",
});

/** @param {() => string} current the id of the recording that is shown */
export function listenToProgress(current) {
  the("waiting-cancel").addEventListener("click", () => api.cancel(current()).catch(complain));
  the("hearing-cancel").addEventListener("click", () => api.cancel(current()).catch(complain));
  the("waiting-again").addEventListener("click", () => api.hearAgain(current()).catch(complain));
}

/** Why there is nothing to see of it. @param {Recording} recording */
export function showWaiting({ state, reason, place }) {
  const isWaiting = state === "queued";
  the("waiting").hidden = document.body.dataset.view !== "waiting";
  the("waiting-title").textContent = TITLES[state] ?? "";
  the("waiting-text").textContent = isWaiting ? (place ? `${place} before it` : "next") : (reason ?? "");
  the("waiting-bar").hidden = !isWaiting;
  the("waiting-cancel").hidden = !isWaiting;
  the("waiting-again").hidden = isWaiting;
}

/** How far it is with being heard. @param {Recording} recording */
export function showProgress(recording) {
  if (!recording.progress) return;
  the("hearing-text").textContent = stageText(recording);
  /** @type {HTMLProgressElement} */ (the("hearing-bar")).value = overall(recording.progress);
  the("facts").textContent = stageText(recording);
}
