// Choosing a folder or a sound among those that the server may see.

import * as api from "./api.js";
import { button, make } from "./parts.js";
import { icon } from "../dom.js";

/** @import {Listing} from "./types.js" */

/** @param {string} place @param {Record<string, string>} [names] of places whose last part says nothing */
export const lastPart = (place, names = {}) => names[place] ?? place.split("/").at(-1) ?? place;

/**
 * A button that shows a place and opens a dialog to choose another.
 */
export class PlaceField {
  /**
   * @param {"folder" | "sound" | "recipe"} kind
   * @param {string} label
   * @param {(place: string) => void} changed
   */
  constructor(kind, label, changed) {
    this.kind = kind;
    this.label = label;
    this.changed = changed;
    this.place = "";
    this.button = button("", () => this.choose(), { kind: "place" });
    this.set("");
  }

  /** @param {string} place */
  set(place) {
    this.place = place;
    this.button.replaceChildren(icon("folder"), make("span", place || `Choose a ${this.kind}`));
    this.button.setAttribute("aria-label", `${place || `Choose a ${this.kind}`}, ${this.label}`);
    this.button.classList.toggle("is-empty", !place);
  }

  async choose() {
    const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("picker"));
    const list = make("ul.picker-list");
    const crumbs = make("nav.crumbs");
    crumbs.setAttribute("aria-label", "Where");
    const choose = button(`Use this ${this.kind}`, () => this._done(dialog, shown), { kind: "primary" });
    let shown = "";
    /** @param {string} place @returns {Promise<void>} */
    const show = async (place) => {
      let listing;
      try {
        listing = await api.folders(place);
      } catch {
        return place ? show("") : undefined;
      }
      shown = place;
      choose.disabled = !place || this.kind !== "folder";
      crumbs.replaceChildren(...this._crumbs(place, show));
      list.replaceChildren(...this._entries(listing, show, dialog));
      /** @type {HTMLElement | null} */ (list.querySelector("button"))?.focus();
    };
    const close = button("Cancel", () => dialog.close());
    dialog.replaceChildren(
      make("h2", this.label),
      crumbs,
      list,
      make("div.row", close, this.kind === "folder" && choose),
    );
    dialog.setAttribute("aria-label", this.label);
    dialog.showModal();
    await show(this.kind === "folder" ? this.place : this.place.split("/").slice(0, -1).join("/"));
  }

  /** @param {string} place @param {(place: string) => unknown} show */
  _crumbs(place, show) {
    const parts = place ? place.split("/") : [];
    const places = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
    return [button("Folders", () => show("")), ...places.map((one, index) => button(parts[index], () => show(one)))];
  }

  /** @param {Listing} listing @param {(place: string) => unknown} show @param {HTMLDialogElement} dialog */
  _entries(listing, show, dialog) {
    /** @param {string} picture @param {string} name @param {string} more @param {() => unknown} run */
    const entry = (picture, name, more, run) => {
      const made = button("", run);
      made.replaceChildren(icon(picture), make("span", name), make("small", more));
      return make("li", made);
    };
    const found = listing.folders.map(({ place, name, own_sounds }) =>
      entry("folder", name, own_sounds ? `${own_sounds} sounds` : "", () => show(place)),
    );
    if (this.kind === "sound") found.push(...listing.sounds.map((one) => entry("file", one.name, "", () => this._done(dialog, one.place))));
    if (this.kind === "recipe") found.push(...listing.recipes.map((one) => entry("file", lastPart(one), "", () => this._done(dialog, one))));
    if (this.kind === "folder" && listing.sounds.length) found.push(make("li.hint", `${listing.sounds.length} sounds lie here`));
    if (!found.length) found.push(make("li.hint", listing.place ? "There is nothing to choose here." : "The server may see no folders yet. Start it with one: mp3tomidi serve --data FOLDER"));
    return found;
  }

  /** @param {HTMLDialogElement} dialog @param {string} place */
  _done(dialog, place) {
    dialog.close();
    this.set(place);
    this.changed(place);
    this.button.focus();
  }
}
