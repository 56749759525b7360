// What of the piano roll is the same at every zoom, and how pitches and times are written.

export const LOWEST = 21;
export const HIGHEST = 108;
export const RULER_PX = 28;
export const LANE_PX = 20;
export const PEDAL_PX = 15;
export const KEYS_PX = 52;
export const BLACK = new Set([1, 3, 6, 8, 10]);
const NAMES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];

/** @param {number} pitch @returns {string} C4 is middle C */
export const pitchName = (pitch) => NAMES[pitch % 12] + (Math.floor(pitch / 12) - 1);

/** @param {number} time_s @param {number} [digits] @returns {string} minutes and seconds */
export function clock(time_s, digits = 1) {
  const minutes = Math.floor(time_s / 60);
  const seconds = (time_s - 60 * minutes).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  return `${minutes}:${seconds}`;
}
