// The whole recording in a strip: its outline, and the part that the roll shows, which can be dragged.

import { palette } from "./colours.js";

/** @import {Roll} from "./roll.js" */

export class Overview {
  /** @param {HTMLCanvasElement} canvas @param {Roll} roll */
  constructor(canvas, roll) {
    this.canvas = canvas;
    this.roll = roll;
    /** @type {Uint8Array | null} */
    this.peaks = null;
    this._requested = 0;
    new ResizeObserver(() => this.redraw()).observe(canvas);
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this._goTo(event.offsetX);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) this._goTo(event.offsetX);
    });
  }

  /** @param {number} x */
  _goTo(x) {
    const time_s = (x / this.canvas.clientWidth) * this.roll.duration_s;
    this.roll.moveTo(time_s - this.roll.shown_s / 2, this.roll.top);
  }

  redraw() {
    this._requested ||= requestAnimationFrame(() => {
      this._requested = 0;
      this._draw();
    });
  }

  _draw() {
    const { canvas, roll } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height) return;
    const ratio = devicePixelRatio;
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const colours = palette();
    const perS = width / roll.duration_s;
    const [left, right] = [roll.start_s * perS, Math.min(width, (roll.start_s + roll.shown_s) * perS)];
    context.fillStyle = colours.window;
    context.fillRect(left, 0, right - left, height);
    if (this.peaks) this._drawPeaks(context, colours, width, height);
    if (roll.loop) {
      context.fillStyle = colours.loopEdge;
      context.fillRect(roll.loop[0] * perS, height - 2, (roll.loop[1] - roll.loop[0]) * perS, 2);
    }
    context.strokeStyle = colours.windowEdge;
    context.beginPath();
    context.roundRect(left + 0.5, 0.5, Math.max(4, right - left - 1), height - 1, 4);
    context.stroke();
    context.fillStyle = colours.playhead;
    context.fillRect(roll.playhead_s * perS - 0.5, 0, 1.5, height);
  }

  /** @param {CanvasRenderingContext2D} context @param {ReturnType<typeof palette>} colours
   * @param {number} width @param {number} height */
  _drawPeaks(context, colours, width, height) {
    const peaks = /** @type {Uint8Array} */ (this.peaks);
    const bars = Math.floor(width / 3);
    const played = (this.roll.playhead_s / this.roll.duration_s) * bars;
    for (let bar = 0; bar < bars; bar++) {
      const first = Math.floor((bar * peaks.length) / bars);
      const last = Math.max(first + 1, Math.floor(((bar + 1) * peaks.length) / bars));
      let peak = 0;
      for (let i = first; i < last; i++) peak = Math.max(peak, peaks[i]);
      const high = Math.max(1.5, (peak / 255) * (height - 8));
      context.fillStyle = bar < played ? colours.wavePlayed : colours.wave;
      context.fillRect(bar * 3, (height - high) / 2, 2, high);
    }
  }
}
