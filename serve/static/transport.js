// Playing, as a person steers it: the buttons below the roll, loop, speed, what is heard, and following.

import { the } from "./dom.js";
import { clock } from "./roll_sizes.js";

/** @import {App} from "./app.js" */
/** @import {Listening} from "./player.js" */

export class Transport {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.roll = app.roll;
    this.player = app.player;
    this.overview = app.overview;
    this.follows = true;
    this._listenToPage();
    this._show();
    requestAnimationFrame(() => this._frame());
  }

  togglePlay() {
    if (this.player.isPlaying) this.player.pause();
    else void this.player.play();
  }

  /** @param {number} time_s */
  seek(time_s) {
    this.player.seek(time_s);
    this.roll.playhead_s = this.player.position_s;
    if (time_s < this.roll.start_s || time_s > this.roll.start_s + this.roll.shown_s) {
      this.roll.moveTo(time_s - 0.1 * this.roll.shown_s, this.roll.top);
    }
    this.roll.drawPlayhead();
    this.overview.redraw();
  }

  /** @param {number} beats */
  seekBeats(beats) {
    const { grid, playhead_s } = this.roll;
    if (!grid.isKnown) return this.seek(Math.max(0, playhead_s + 0.5 * beats));
    const now = grid.beatAt(playhead_s);
    const to = beats > 0 ? Math.floor(now + 1e-3) + beats : Math.ceil(now - 1e-3) + beats;
    this.seek(Math.max(0, grid.timeAt(to)));
  }

  /** @param {Listening} listening */
  listen(listening) {
    this.player.listening = listening;
    this.player.setMix();
    /** @type {HTMLInputElement} */ (document.querySelector(`input[name=listening][value=${listening}]`)).checked = true;
    the("split").hidden = listening !== "both";
  }

  /** @param {number} speed */
  setSpeed(speed) {
    this.player.setSpeed(speed);
    /** @type {HTMLInputElement} */ (document.querySelector(`input[name=speed][value="${speed}"]`)).checked = true;
  }

  toggleSpeed() {
    this.setSpeed(this.player.speed === 1 ? 0.5 : 1);
  }

  /** @param {[number, number] | null} loop @param {boolean} isOn */
  setLoop(loop, isOn) {
    this.roll.loop = loop;
    this.roll.loops = isOn && loop !== null;
    this.player.setLoop(this.roll.loops ? loop : null);
    the("loop").setAttribute("aria-pressed", String(this.roll.loops));
    this.roll.redraw();
    this.overview.redraw();
  }

  toggleLoop() {
    const { roll } = this;
    if (roll.loop) return this.setLoop(roll.loop, !roll.loops);
    // Without a region: the bar that the playhead is in, and the next.
    const { grid, playhead_s, duration_s } = roll;
    const perBar = grid.beatsPerBar || 4;
    const first = grid.isKnown ? Math.max(0, grid.timeAt(Math.floor(grid.beatAt(playhead_s) / perBar + 1e-6) * perBar)) : playhead_s;
    const last = grid.isKnown ? grid.timeAt(grid.beatAt(first + 1e-6) + 2 * perBar) : playhead_s + 4;
    this.setLoop([first, Math.min(duration_s, last)], true);
  }

  /** @param {0 | 1} end which of the loop's ends goes to the playhead */
  loopEnd(end) {
    const { playhead_s, duration_s, loop } = this.roll;
    const [from_s, to_s] = loop ?? [0, duration_s];
    if (end === 0) this.setLoop([playhead_s, Math.max(to_s, playhead_s + 0.2)], true);
    else this.setLoop([Math.min(from_s, Math.max(0, playhead_s - 0.2)), playhead_s], true);
  }

  toggleFollow() {
    this.follows = !this.follows;
    the("follow").setAttribute("aria-pressed", String(this.follows));
  }

  _frame() {
    requestAnimationFrame(() => this._frame());
    if (!this.player.isPlaying) return;
    const { roll } = this;
    roll.playhead_s = this.player.position_s;
    this._showTime();
    const ahead = (roll.playhead_s - roll.start_s) / roll.shown_s;
    if (this.follows && !this.app.pointing.gesture && (ahead > 0.62 || ahead < 0)) {
      roll.moveTo(ahead > 1 || ahead < 0 ? roll.playhead_s - 0.1 * roll.shown_s : roll.playhead_s - 0.62 * roll.shown_s, roll.top);
    } else roll.drawPlayhead();
    this.overview.redraw();
  }

  _showTime() {
    the("time").textContent = clock(this.roll.playhead_s);
    the("bar-beat").textContent = this.roll.grid.counted(this.roll.playhead_s) || ` / ${clock(this.roll.duration_s, 0)}`;
  }

  _show() {
    the("play").setAttribute("aria-label", this.player.isPlaying ? "Pause" : "Play");
    the("play").querySelector("use")?.setAttribute("href", this.player.isPlaying ? "#i-pause" : "#i-play");
    document.body.classList.toggle("is-playing", this.player.isPlaying);
    this.roll.playhead_s = this.player.position_s;
    this._showTime();
    this.roll.drawPlayhead();
    this.overview.redraw();
  }

  _listenToPage() {
    /** @param {string} id @param {() => void} run */
    const on = (id, run) => the(id).addEventListener("click", run);
    on("play", () => this.togglePlay());
    on("to-start", () => this.seek(0));
    on("loop", () => this.toggleLoop());
    on("follow", () => this.toggleFollow());
    on("split", () => {
      this.player.splits = !this.player.splits;
      the("split").setAttribute("aria-pressed", String(this.player.splits));
      this.player.setMix();
    });
    /** @param {string} id @param {string} kind @param {(value: string) => void} run */
    const onValue = (id, kind, run) =>
      the(id).addEventListener(kind, (event) => run(/** @type {HTMLInputElement} */ (event.target).value));
    onValue("listening", "change", (value) => this.listen(/** @type {Listening} */ (value)));
    onValue("speed", "change", (value) => this.setSpeed(Number(value)));
    onValue("volume", "input", (value) => {
      this.player.volume = Number(value);
      this.player.setMix();
    });
    this.player.addEventListener("state", () => this._show());
  }
}
