// The score: pages that the server engraves, in place of the roll.

import * as api from "./api.js";

/** @import {App} from "./app.js" */

const LEAST_PX = 320;
const MOST_PX = 1100;

export class ScoreView {
  /** @param {HTMLElement} home @param {HTMLElement} button @param {App} app */
  constructor(home, button, app) {
    this.home = home;
    this.button = button;
    this.app = app;
    this._asked = 0;
    button.addEventListener("click", () => this.toggle());
  }

  get isOpen() {
    return !this.home.hidden;
  }

  toggle() {
    this.home.hidden = this.isOpen;
    this.button.setAttribute("aria-pressed", String(this.isOpen));
    if (this.isOpen) void this.refresh();
    else this.app.roll.redraw();
  }

  close() {
    if (this.isOpen) this.toggle();
  }

  /** Engrave what the server has by now; of several calls the last one counts. */
  async refresh() {
    const id = this.app.recording?.id;
    if (!this.isOpen || !id) return;
    this._asked += 1;
    const asked = this._asked;
    this.home.setAttribute("aria-busy", "true");
    try {
      await this.app.doc?.flush();
      const width = Math.round(Math.min(MOST_PX, Math.max(LEAST_PX, this.home.clientWidth - 32)));
      const { pages, revision } = await api.score(id, width);
      if (asked !== this._asked) return;
      const place = this.home.scrollTop;
      this.home.replaceChildren(...Array.from({ length: pages }, (_, index) => page(id, index + 1, pages, revision, width)));
      this.home.scrollTop = place;
    } catch (error) {
      if (asked !== this._asked) return;
      const said = document.createElement("p");
      said.textContent = error instanceof Error ? error.message : String(error);
      this.home.replaceChildren(said);
    } finally {
      if (asked === this._asked) this.home.removeAttribute("aria-busy");
    }
  }
}

/** @param {string} id @param {number} number @param {number} count @param {number} revision @param {number} width */
function page(id, number, count, revision, width) {
  const made = document.createElement("img");
  made.src = api.scorePageUrl(id, number, revision, width);
  made.width = width;
  made.alt = `Page ${number} of ${count} of the score`;
  return made;
}
