// The picture on the start page: a sound that becomes notes.

/** @import {Palette} from "./colours.js" */

// Start, length and height of notes, in shares of the picture; the melody of nothing in particular.
const NOTES = [
  [0.5, 0.07, 0.62],
  [0.58, 0.035, 0.5],
  [0.62, 0.05, 0.38],
  [0.5, 0.17, 0.86],
  [0.685, 0.09, 0.3],
  [0.685, 0.13, 0.74],
  [0.785, 0.03, 0.42],
  [0.82, 0.03, 0.5],
  [0.855, 0.1, 0.26],
  [0.83, 0.14, 0.86],
];

/** @param {HTMLCanvasElement} canvas @param {Palette} colours */
export function drawWelcome(canvas, colours) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (!width || !height) return;
  canvas.width = width * devicePixelRatio;
  canvas.height = height * devicePixelRatio;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(devicePixelRatio, devicePixelRatio);
  const bars = Math.floor((0.5 * width) / 5);
  for (let i = 0; i < bars; i++) {
    const x = i / bars;
    const swell = Math.exp(-(((x - 0.55) / 0.33) ** 2));
    const wave = Math.abs(Math.sin(17 * x) * Math.cos(41 * x + 1) + 0.4 * Math.sin(97 * x));
    const high = Math.max(3, 0.86 * height * swell * (0.25 + 0.65 * wave));
    context.globalAlpha = Math.min(1, 0.25 + x);
    context.fillStyle = colours.wavePlayed;
    context.beginPath();
    context.roundRect(i * 5, (height - high) / 2, 3, high, 1.5);
    context.fill();
  }
  NOTES.forEach(([start, length, y], index) => {
    context.globalAlpha = 0.75 + 0.25 * ((index * 7) % 3 === 0 ? 1 : 0.3);
    context.fillStyle = y > 0.8 ? colours.drums : colours.notes[0];
    const high = Math.max(7, height / 13);
    context.beginPath();
    context.roundRect(start * width + 8, y * height - high / 2, length * width, high, 3);
    context.fill();
  });
  context.globalAlpha = 1;
}
