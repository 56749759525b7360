// Beats and bars: from a tempo map, or from a tempo that was set by hand.

/** @import {MetreChange, Tempo, TempoChange} from "./types.js" */

/** Counts beats; beat 0 begins a bar. */
export class Grid {
  /**
   * @param {{time_s: number, beat: number, beat_s: number}[]} sections where the tempo changes
   * @param {number} beatsPerBar 0 if bars are not known
   */
  constructor(sections, beatsPerBar) {
    this.sections = sections;
    this.beatsPerBar = beatsPerBar;
  }

  get isKnown() {
    return this.sections.length > 0;
  }

  /** @param {Tempo} tempo */
  static byHand(tempo) {
    const section = { time_s: tempo.first_bar_s, beat: 0, beat_s: 60 / tempo.beats_per_minute };
    return new Grid([section], tempo.beats_per_bar);
  }

  /** @param {TempoChange[]} tempo @param {MetreChange[]} metre */
  static found(tempo, metre) {
    if (!tempo.length) return new Grid([], 0);
    let beat = 0;
    const sections = tempo.map((change, index) => {
      const before = tempo[index - 1];
      if (before) beat += ((change.time_s - before.time_s) * before.beats_per_minute) / 60;
      return { time_s: change.time_s, beat, beat_s: 60 / change.beats_per_minute };
    });
    const quarters = metre.length ? (metre[0].beats_per_bar * 4) / metre[0].beat_unit : 0;
    const grid = new Grid(sections, quarters);
    const first = metre.length ? grid.beatAt(metre[0].time_s) : 0;
    for (const section of sections) section.beat -= first;
    return grid;
  }

  /** @param {number} time_s @returns {number} */
  beatAt(time_s) {
    const section = this.sections.findLast((one) => one.time_s <= time_s) ?? this.sections[0];
    return section.beat + (time_s - section.time_s) / section.beat_s;
  }

  /** @param {number} beat @returns {number} seconds */
  timeAt(beat) {
    const section = this.sections.findLast((one) => one.beat <= beat + 1e-9) ?? this.sections[0];
    return section.time_s + (beat - section.beat) * section.beat_s;
  }

  /** The nearest of so many places in a beat. @param {number} time_s @param {number} perBeat 0 for no grid */
  snapped(time_s, perBeat) {
    if (!perBeat || !this.isKnown) return time_s;
    return Math.max(0, this.timeAt(Math.round(this.beatAt(time_s) * perBeat) / perBeat));
  }

  /** As musicians count. @param {number} time_s @returns {string} "bar.beat", or nothing where bars are not known */
  counted(time_s) {
    if (!this.isKnown || !this.beatsPerBar) return "";
    const beat = Math.floor(this.beatAt(time_s) + 1e-6);
    const bar = Math.floor(beat / this.beatsPerBar);
    return `${bar + 1}.${beat - bar * this.beatsPerBar + 1}`;
  }

  /** The tempo that holds from a bar on, as a person would set it. @param {number} bar whose beginning stays
   * @returns {Tempo} */
  tempoFrom(bar) {
    const beats_per_bar = this.beatsPerBar || 4;
    const time_s = this.timeAt(bar * beats_per_bar);
    const beats_per_minute = this.beatsPerMinute(time_s + 1e-6);
    const bar_s = (60 / beats_per_minute) * beats_per_bar;
    return { beats_per_minute, first_bar_s: time_s - Math.floor(time_s / bar_s) * bar_s, beats_per_bar };
  }

  /** The tempo at a time. @param {number} time_s @returns {number} beats a minute */
  beatsPerMinute(time_s) {
    const section = this.sections.findLast((one) => one.time_s <= time_s) ?? this.sections[0];
    return 60 / section.beat_s;
  }
}
