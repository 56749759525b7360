// Notes and hits in words: for the tip below the mouse, and for screen readers.

import { element, the } from "./dom.js";
import { clock, pitchName } from "./roll_sizes.js";

/** @import {About, Event_, Note} from "./types.js" */
/** @import {Roll} from "./roll.js" */

/** @param {Roll} roll @param {Event_} event @returns {string} its pitch, or the drum */
function nameOf(roll, event) {
  if (event.kind === "note") return pitchName(event.pitch);
  return roll.lanes[roll.laneIndex(event.key)]?.name ?? "hit";
}

/** @param {Roll} roll @param {Event_} event @returns {string} */
export function described(roll, event) {
  const length = event.kind === "note" ? `, ${(event.offset_s - event.onset_s).toFixed(2)} s long` : "";
  return `${nameOf(roll, event)} at ${clock(event.onset_s, 2)}${length}, velocity ${event.velocity}, ${sureness(event)}`;
}

/** Show beside the mouse what is below it. @param {Roll} roll @param {About["programs"]} programs
 * @param {Event_ | null} event @param {number} x @param {number} y */
export function showTip(roll, programs, event, x, y) {
  const tip = the("tip");
  const pedal = event ? null : roll.pedalAt(x, y);
  tip.hidden = !event && !pedal;
  if (pedal) {
    const span = `${clock(pedal[0], 2)} to ${clock(pedal[1], 2)}`;
    tip.replaceChildren(element("strong", "", "Pedal"), element("span", "", `down from ${span}`));
  } else if (event) {
    const instrument = event.kind === "note" ? programs[event.program]?.name : "";
    const rest = [`velocity ${event.velocity}`, sureness(event), instrument, event.kind === "note" && bendText(event)];
    tip.replaceChildren(element("strong", "", nameOf(roll, event)), element("span", "", rest.filter(Boolean).join(" · ")));
  }
  if (tip.hidden) return;
  tip.style.setProperty("--x", `${Math.min(x + 14, roll.width - tip.offsetWidth - 8)}px`);
  tip.style.setProperty("--y", `${y > 60 ? y - tip.offsetHeight - 12 : y + 20}px`);
}

/** @param {Event_} event @returns {string} */
const sureness = (event) => (event.id[0] === "h" ? "by hand" : `${Math.round(100 * event.confidence)} % sure`);

/** @param {Note} note @returns {string} how far its pitch goes from the key, if it does */
function bendText({ bend }) {
  if (!bend?.length) return "";
  const cents = bend.map((point) => point[1]);
  const signed = [Math.min(...cents), Math.max(...cents)].map((one) => `${one < 0 ? "−" : "+"}${Math.abs(Math.round(one))}`);
  return `bends ${signed.join(" to ")} cents`;
}
