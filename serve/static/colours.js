// Colours of what is drawn on canvases; those of everything else are in styles/base.css.

/** @typedef {[number, number, number]} Rgb */

const DARK = {
  background: "#0c0f15",
  blackKeyRow: "rgba(0, 0, 0, 0.22)",
  octave: "rgba(190, 205, 240, 0.13)",
  beat: "rgba(190, 205, 240, 0.08)",
  bar: "rgba(190, 205, 240, 0.22)",
  lanes: "#10141c",
  laneLine: "rgba(190, 205, 240, 0.09)",
  ruler: "#12161e",
  text: "#97a1b5",
  strong: "#e8ebf2",
  playhead: "#ffffff",
  selection: "#ffffff",
  loop: "rgba(255, 178, 77, 0.13)",
  loopEdge: "#ffb24d",
  marquee: "rgba(255, 255, 255, 0.10)",
  whiteKey: "#d9dde6",
  blackKey: "#1b202b",
  keyLine: "#9aa3b5",
  keyText: "#4a5264",
  wave: "#46557a",
  wavePlayed: "#8ba3dd",
  window: "rgba(255, 255, 255, 0.09)",
  windowEdge: "rgba(255, 255, 255, 0.45)",
  hand: "#ffffff",
  notes: ["#ffb24d", "#6fc3ff", "#ff8fa3", "#a6e06f", "#c3a6ff", "#5fe0cf", "#ff8d5c", "#e9dc7a"],
  melody: "#ff6ccf",
  bend: "#ffffff",
  bendEdge: "rgba(12, 15, 21, 0.8)",
  pedal: "#8a97b8",
  drums: "#5fd7c8",
  /** @type {Rgb[]} */
  spectrogram: [
    [12, 15, 21],
    [15, 20, 32],
    [22, 33, 60],
    [38, 60, 108],
    [74, 105, 168],
    [140, 168, 222],
  ],
};

/** @type {typeof DARK} */
const LIGHT = {
  background: "#fbfaf7",
  blackKeyRow: "rgba(60, 66, 90, 0.045)",
  octave: "rgba(50, 58, 85, 0.16)",
  beat: "rgba(50, 58, 85, 0.07)",
  bar: "rgba(50, 58, 85, 0.22)",
  lanes: "#f4f2ec",
  laneLine: "rgba(50, 58, 85, 0.10)",
  ruler: "#f1efe8",
  text: "#646c7e",
  strong: "#20242e",
  playhead: "#171a21",
  selection: "#171a21",
  loop: "rgba(207, 98, 8, 0.11)",
  loopEdge: "#cf6208",
  marquee: "rgba(30, 36, 54, 0.09)",
  whiteKey: "#ffffff",
  blackKey: "#39404f",
  keyLine: "#c3c6cf",
  keyText: "#7a8192",
  wave: "#c0c6d6",
  wavePlayed: "#7d8cb4",
  window: "rgba(30, 36, 54, 0.07)",
  windowEdge: "rgba(30, 36, 54, 0.45)",
  hand: "#171a21",
  notes: ["#dc6f0c", "#1c7ed0", "#d13a5e", "#4c9414", "#7a4fd6", "#0b9687", "#bb3f12", "#8e7b00"],
  melody: "#b8148f",
  bend: "#171a21",
  bendEdge: "rgba(255, 255, 255, 0.8)",
  pedal: "#8088a0",
  drums: "#0a8f82",
  spectrogram: [
    [251, 250, 247],
    [241, 241, 242],
    [224, 227, 235],
    [196, 204, 222],
    [157, 171, 202],
    [112, 130, 172],
  ],
};

/** @typedef {typeof DARK} Palette */

export const MELODY_COLOUR = 999;

/** @param {Palette} colours @param {number} index of a program's colour, or MELODY_COLOUR @returns {string} */
export const noteColour = (colours, index) =>
  index === MELODY_COLOUR ? colours.melody : colours.notes[index % colours.notes.length];

/** How opaque a note is. @param {number} loudness 0 to 1 @param {boolean} isHeard @returns {number} */
export const alphaOf = (loudness, isHeard) => (0.42 + 0.58 * loudness) * (isHeard ? 1 : 0.28);

/** @returns {Palette} of the theme that is shown */
export function palette() {
  return isDark() ? DARK : LIGHT;
}

export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Levels, 0 to 255, to pixels. @param {Palette} colours @returns {Uint32Array} */
export function spectrogramPixels(colours) {
  const stops = colours.spectrogram;
  const bytes = new Uint8ClampedArray(1024);
  for (let level = 0; level < 256; level++) {
    const place = (level / 255) ** 1.35 * (stops.length - 1);
    const stop = Math.min(stops.length - 2, Math.floor(place));
    for (let channel = 0; channel < 3; channel++) {
      const [low, high] = [stops[stop][channel], stops[stop + 1][channel]];
      bytes[4 * level + channel] = low + (high - low) * (place - stop);
    }
    bytes[4 * level + 3] = 255;
  }
  return new Uint32Array(bytes.buffer);
}
