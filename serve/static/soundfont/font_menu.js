// The user's soundfont, as it is chosen, shown and kept: the line below the tracks, and files that are dropped.

import { forget, keep, kept } from "./font_store.js";
import { the } from "../dom.js";

/** @import {Player} from "../player.js" */

const FONTS = /\.(sf2|sf3|sfogg|dls)$/i;
const OWN_SOUNDS = "Plain tones";

export class FontMenu {
  /** @param {Player} player @param {(message: string) => void} say */
  constructor(player, say) {
    this.player = player;
    this.say = say;
    const picker = /** @type {HTMLInputElement} */ (the("font-file"));
    the("font-button").addEventListener("click", () => picker.click());
    picker.addEventListener("change", () => {
      const [file] = picker.files ?? [];
      picker.value = "";
      if (file) void this.use(file);
    });
    the("font-remove").addEventListener("click", () => void this.drop());
    player.addEventListener("no-font", (event) => {
      this._show(null);
      this.say(/** @type {CustomEvent} */ (event).detail);
    });
    void this._restore();
  }

  /** The first soundfont among files. @param {Iterable<File>} files @returns {File | undefined} */
  static among(files) {
    return [...files].find((file) => FONTS.test(file.name));
  }

  /** Play by it from now on. @param {File} file */
  async use(file) {
    const button = the("font-button");
    button.setAttribute("aria-busy", "true");
    try {
      await this.player.useFont(file);
      this._show(file.name);
      this.say(`Notes are played by ${file.name} now`);
      await keep(file).catch(() => this.say(`${file.name} is too large to be kept for the next time`));
    } catch (error) {
      this.say(`${file.name}: ${error instanceof Error ? error.message : error}`);
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  async drop() {
    await this.player.useFont(null);
    this._show(null);
    the("font-button").focus();
    await forget();
  }

  /** The soundfont of the last time is read once something is played. */
  async _restore() {
    const file = await kept().catch(() => null);
    if (!file || this.player.font) return;
    this.player.fontFile = file;
    this._show(file.name);
  }

  /** @param {string | null} name */
  _show(name) {
    the("font-name").textContent = name ?? OWN_SOUNDS;
    the("font-remove").hidden = name === null;
  }
}
