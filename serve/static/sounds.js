// What the player plays notes with: the page's own sounds, or those of a soundfont (soundfont/font_sounds.js).

import { Voices } from "./voices.js";

/** @import {Voice} from "./voices.js" */

/**
 * @typedef {{pitch: number, velocity: number, program: number, voice: Voice, cents: number,
 *   bend?: [number, number][]}} Played  A note; its bend in seconds since it began, and cents.
 * @typedef {{play: (note: Played, at_s: number, length_s: number) => void,
 *   strike: (key: number, velocity: number, at_s: number) => void,
 *   silence: () => void}} Sounds  Times are the audio context's; silence also drops what has not begun.
 */

/** @param {Voices} voices @param {AudioNode} to where they are heard @returns {Sounds} */
export function ownSounds(voices, to) {
  /** @type {Set<AudioScheduledSourceNode>} */
  const sounding = new Set();
  /** @param {AudioScheduledSourceNode} source */
  const remember = (source) => {
    sounding.add(source);
    source.addEventListener("ended", () => sounding.delete(source));
  };
  return {
    play: (note, at_s, length_s) => remember(voices.play(to, note, at_s, length_s)),
    strike: (key, velocity, at_s) => remember(voices.strike(to, key, velocity, at_s)),
    silence: () => {
      for (const source of sounding) source.stop();
      sounding.clear();
    },
  };
}
