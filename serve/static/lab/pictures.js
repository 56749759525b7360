// Spectrograms of the contact sheet and of previews, with labels over them; pictures of layers.

import { palette, spectrogramPixels } from "../colours.js";

/** @import {Layer, Pictured} from "./types.js" */

const LOWEST_PITCH = 21;
const BANDS_PER_SEMITONE = 3;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} levels column by column, lowest band first
 * @param {Pictured} sound
 * @param {number} shown_s what the columns last
 */
export function drawLevels(canvas, levels, sound, shown_s) {
  const { columns, bands } = sound;
  canvas.width = Math.max(1, columns);
  canvas.height = Math.max(1, bands);
  if (!columns) return;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const colours = palette();
  const pixels = spectrogramPixels(colours);
  const image = context.createImageData(columns, bands);
  const out = new Uint32Array(image.data.buffer);
  for (let column = 0; column < columns; column++) {
    for (let band = 0; band < bands; band++) out[(bands - 1 - band) * columns + column] = pixels[levels[column * bands + band]];
  }
  context.putImageData(image, 0, 0);
  context.fillStyle = colours.notes[0];
  const y = (/** @type {number} */ pitch) => bands - (pitch - LOWEST_PITCH) * BANDS_PER_SEMITONE;
  for (const [onset_s, offset_s, pitch] of sound.notes) {
    context.globalAlpha = 0.85;
    const width = Math.max(1, ((offset_s - onset_s) / shown_s) * columns);
    context.fillRect((onset_s / shown_s) * columns, y(pitch) - 2, width, 3);
  }
  context.fillStyle = colours.drums;
  for (const [onset_s] of sound.hits) context.fillRect((onset_s / shown_s) * columns, bands - 12, 1, 12);
}

/** @param {HTMLCanvasElement} canvas @param {Layer} layer */
export function drawLayer(canvas, layer) {
  const values = Uint8Array.from(atob(layer.pixels), (sign) => sign.charCodeAt(0));
  canvas.width = layer.columns;
  canvas.height = layer.rows;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(layer.columns, layer.rows);
  const pixels = spectrogramPixels(palette());
  const out = new Uint32Array(image.data.buffer);
  values.forEach((value, index) => (out[index] = pixels[Math.min(255, 2 * Math.abs(value - 128))]));
  context.putImageData(image, 0, 0);
}
