// What the page says to its user: notices, what only screen readers say, and questions before something is deleted.

import { element, the } from "./dom.js";

const TOAST_MS = 6000;

/** @param {string} message */
export function toast(message) {
  const toast = element("div", "toast", message);
  the("toasts").append(toast);
  setTimeout(() => toast.remove(), TOAST_MS);
}

/** @param {unknown} error */
export const complain = (error) => toast(error instanceof Error ? error.message : String(error));

/** @param {string} message for those who do not see */
export function announce(message) {
  the("announcer").textContent = message;
}

/** Ask before something is deleted. @param {string} question @param {() => Promise<unknown>} run */
export function confirm(question, run) {
  const dialog = /** @type {HTMLDialogElement} */ (the("confirm"));
  the("confirm-text").textContent = question;
  the("confirm-no").onclick = () => dialog.close();
  the("confirm-yes").onclick = () => {
    dialog.close();
    run().catch(complain);
  };
  dialog.showModal();
}
