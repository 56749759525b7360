// The spectrogram in tiles: fetched when they are first seen, and kept as pictures.

import * as api from "./api.js";
import { palette, spectrogramPixels } from "./colours.js";

/** @import {Info} from "./types.js" */

const MOST_TILES = 40; // of 20 s each

export class Spectrogram {
  /**
   * @param {string} id of the recording
   * @param {Info["spectrogram"]} info
   * @param {number} tileColumns
   * @param {() => void} arrived is called when there is more to draw
   */
  constructor(id, info, tileColumns, arrived) {
    this.id = id;
    this.info = info;
    this.tileColumns = tileColumns;
    this.arrived = arrived;
    this.tile_s = tileColumns * info.hop_s;
    /** @type {Map<number, {levels: Uint8Array | null, picture: OffscreenCanvas | null}>} the last used last */
    this.tiles = new Map();
    this.recolour();
  }

  /** The theme has changed. */
  recolour() {
    this.pixels = spectrogramPixels(palette());
    for (const tile of this.tiles.values()) tile.picture = null;
  }

  /**
   * Draw what there is of it between two times.
   * @param {CanvasRenderingContext2D} context
   * @param {number} from_s @param {number} to_s
   * @param {(time_s: number) => number} x
   * @param {number} top of the highest pitch @param {number} height of all pitches
   */
  draw(context, from_s, to_s, x, top, height) {
    const last = Math.floor((this.info.columns - 1) / this.tileColumns);
    const first = Math.max(0, Math.floor(from_s / this.tile_s));
    for (let index = first; index <= Math.min(last, Math.floor(to_s / this.tile_s)); index++) {
      const picture = this._picture(index);
      if (!picture) continue;
      const start_s = (index * this.tileColumns - 0.5) * this.info.hop_s;
      const [left, right] = [x(start_s), x(start_s + picture.width * this.info.hop_s)];
      context.drawImage(picture, left, top, right - left, height);
    }
  }

  /** @param {number} index @returns {OffscreenCanvas | null} */
  _picture(index) {
    const tile = this.tiles.get(index);
    if (!tile) {
      void this._fetch(index);
      return null;
    }
    if (tile.levels && !tile.picture) tile.picture = this._draw(tile.levels);
    this.tiles.delete(index);
    this.tiles.set(index, tile);
    return tile.picture;
  }

  /** @param {number} index */
  async _fetch(index) {
    /** @type {{levels: Uint8Array | null, picture: OffscreenCanvas | null}} */
    const tile = { levels: null, picture: null };
    this.tiles.set(index, tile);
    const oldest = this.tiles.keys().next().value;
    if (this.tiles.size > MOST_TILES && oldest !== undefined) this.tiles.delete(oldest);
    try {
      tile.levels = new Uint8Array(await api.spectrogramTile(this.id, index));
      this.arrived();
    } catch {
      // The roll is usable without; the next look tries again.
      setTimeout(() => this.tiles.delete(index), 2000);
    }
  }

  /** @param {Uint8Array} levels column by column, the lowest pitch first @returns {OffscreenCanvas | null} */
  _draw(levels) {
    const rows = 88 * this.info.bins_per_semitone;
    const columns = Math.floor(levels.length / rows);
    if (!columns) return null;
    const picture = new OffscreenCanvas(columns, rows);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (picture.getContext("2d"));
    const image = context.createImageData(columns, rows);
    const pixels = new Uint32Array(image.data.buffer);
    const colours = /** @type {Uint32Array} */ (this.pixels);
    for (let column = 0; column < columns; column++) {
      for (let row = 0; row < rows; row++) {
        pixels[(rows - 1 - row) * columns + column] = colours[levels[column * rows + row]];
      }
    }
    context.putImageData(image, 0, 0);
    return picture;
  }
}
