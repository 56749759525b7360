// One sample before and after a recipe, and replayed from what was drawn.

import * as api from "./api.js";
import { button, listening, make, round } from "./parts.js";
import { drawLevels } from "./pictures.js";
import { inWords } from "./recipe_form.js";

/** @import {Preview, Recipe} from "./types.js" */

const AFTER_MS = 350;
const VERSIONS = /** @type {const} */ ([
  ["before", "Before"],
  ["after", "After"],
  ["replayed", "Replayed"],
]);

export class PreviewPart {
  /** @param {() => {place: string, within: string, seed: number, recipe: Recipe}} asked */
  constructor(asked) {
    this.asked = asked;
    this.status = make("p.preview-state", "Choose a folder to hear a sample of it.");
    this.status.setAttribute("role", "status");
    this.tiles = make("div.tiles");
    this.drawn = make("ul.drawn");
    this.home = make("div.preview", this.status, this.tiles, this.drawn);
    this._timer = 0;
    /** @type {AbortController | null} */
    this._asking = null;
    /** @type {Preview | null} */
    this.shown = null;
  }

  /** Ask again, when nothing more has changed for a moment. */
  soon() {
    clearTimeout(this._timer);
    this._timer = window.setTimeout(() => void this.now(), AFTER_MS);
  }

  async now() {
    const asked = this.asked();
    if (!asked.place || !asked.recipe.steps.length) {
      this.status.textContent = asked.place ? "Add an effect to hear what it does." : "Choose a folder to hear a sample of it.";
      return;
    }
    this._asking?.abort();
    const asking = new AbortController();
    this._asking = asking;
    this.home.setAttribute("aria-busy", "true");
    try {
      const preview = await api.preview(asked, asking.signal);
      if (this._asking !== asking) return;
      await this._show(preview, asked.place);
    } catch (error) {
      if (asking.signal.aborted) return;
      this.status.textContent = error instanceof Error ? error.message : String(error);
      this.status.classList.add("error");
    } finally {
      if (this._asking === asking) this.home.removeAttribute("aria-busy");
    }
  }

  /** @param {Preview} preview @param {string} place */
  async _show(preview, place) {
    this.shown = preview;
    this.status.classList.remove("error");
    const quieter = preview.turned_down_db ? `, turned down by ${round(preview.turned_down_db)} dB` : "";
    this.status.textContent = `${place.split("/").at(-1)}: ${preview.effects.length ? `${preview.effects.length} effects drawn` : "this draw leaves it as it is"}${quieter}`;
    const tiles = await Promise.all(VERSIONS.map(([version, name]) => this._tile(preview, version, name)));
    if (this.shown === preview) this.tiles.replaceChildren(...tiles);
    this.drawn.replaceChildren(...preview.effects.map(({ effect, drawn }) => make("li", make("strong", inWords(effect)), ` ${values(drawn)}`)));
  }

  /** @param {Preview} preview @param {"before" | "after" | "replayed"} version @param {string} name */
  async _tile(preview, version, name) {
    const canvas = document.createElement("canvas");
    canvas.setAttribute("aria-hidden", "true");
    const one = preview[version];
    drawLevels(canvas, await api.bytes(api.previewUrl(preview.id, version, "levels")), one, one.duration_s);
    const play = button(`Play ${name.toLowerCase()}`, () => listening.toggle(api.previewUrl(preview.id, version, "sound"), tile), { picture: "play", shy: true });
    const same = version === "replayed" && (preview.is_same ? make("span.tag.good", "the same, byte for byte") : make("span.tag.bad", "differs"));
    const tile = make("figure.tile", canvas, make("figcaption", play, make("span", name), same || make("small", `${one.duration_s.toFixed(1)} s`)));
    return tile;
  }
}

/** @param {Record<string, any>} drawn @returns {string} the plain numbers and texts of it */
function values(drawn) {
  return Object.entries(drawn)
    .filter(([name, value]) => name !== "seed" && name !== "sha256" && !Array.isArray(value))
    .map(([name, value]) => `${inWords(name).split(",")[0]} ${typeof value === "number" ? round(value) : String(value).split("/").at(-1)}`)
    .join(", ");
}
