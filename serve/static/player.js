// Plays the recording and the result together, on one clock.

import * as api from "./api.js";
import { lowerBound } from "./roll.js";
import { Soundfont } from "./soundfont/font_sounds.js";
import { ownSounds } from "./sounds.js";
import { Voices } from "./voices.js";

/** @import {Event_, Hit, Note} from "./types.js" */
/** @import {Sounds} from "./sounds.js" */
/** @import {Voice} from "./voices.js" */

const AHEAD_S = 0.25; // by which notes are scheduled
const EVERY_MS = 60;
const START_IN_S = 0.06;
const RATE = 48_000; // of the recording once it is decoded, and of all that is played

/** @typedef {"original" | "both" | "result"} Listening */
/** @typedef {{context: AudioContext, sounds: {result: Sounds, auditions: Sounds}}} Ready */

/** Dispatches "state" when it starts, stops or jumps, "no-font" with a message if the last time's cannot be read. */
export class Player extends EventTarget {
  constructor() {
    super();
    /** @type {AudioContext | null} */
    this.context = null;
    /** The page's own sounds. @type {Voices | null} */
    this.voices = null;
    /** What plays notes instead of them. @type {Soundfont | null} */
    this.font = null;
    /** A soundfont to be read as soon as anything is played. @type {Blob | null} */
    this.fontFile = null;
    /** @type {AudioWorkletNode | null} */
    this.recording = null;
    this.isPlaying = false;
    this.hasSound = false;
    this.duration_s = 0;
    this.speed = 1;
    this.volume = 0.8;
    /** @type {Listening} */
    this.listening = "both";
    this.splits = true;
    /** @type {[number, number] | null} seconds */
    this.loop = null;
    /** What is played, and how. @type {{notes: Note[], hits: Hit[], cents: number, isHeard: (event: Event_) => boolean,
     * voiceOf: (note: Note) => Voice}} */
    this.score = { notes: [], hits: [], cents: 0, isHeard: () => true, voiceOf: () => "struck" };
    this._from_s = 0;
    this._began_s = 0;
    this._scheduled_s = 0; // since the start, in the recording's time
    this._timer = 0;
    /** What plays what is in the score, and what is tried. @type {{result: Sounds, auditions: Sounds} | null} */
    this._sounds = null;
    /** @type {Promise<Ready> | null} */
    this._ready = null;
    /** @type {string | null} */
    this._loaded = null;
    /** @type {AudioBuffer | null} */
    this._sound = null;
  }

  /** Where it is. @returns {number} seconds */
  get position_s() {
    if (!this.isPlaying || !this.context) return this._from_s;
    const heard_s = this.context.currentTime - (this.context.outputLatency || 0);
    return this._placeOf(Math.max(0, (heard_s - this._began_s) * this.speed));
  }

  /** Must be called by something that a person does, or browsers keep silent. */
  async wake() {
    this._ready ??= this._begin();
    const ready = await this._ready;
    if (ready.context.state === "suspended") await ready.context.resume();
    return ready;
  }

  /** @returns {Promise<Ready>} */
  async _begin() {
    const context = new AudioContext({ latencyHint: "interactive", sampleRate: RATE });
    await context.audioWorklet.addModule("/static/stretch.js");
    this.context = context;
    this.voices = new Voices(context);
    this._connect(context);
    if (this._sound) this._handOver(this._sound);
    if (this.fontFile) {
      await this._readFont(context, this.fontFile).catch((error) =>
        this.dispatchEvent(new CustomEvent("no-font", { detail: error.message })),
      );
    }
    return this._choosePlayers();
  }

  /** Play by a soundfont from now on, or, without one, by the page's own sounds. Fails if it cannot be read.
   * @param {Blob | null} file */
  async useFont(file) {
    const { context } = await this.wake();
    this.pause();
    if (file) await this._readFont(context, file);
    else this._dropFont();
    this._ready = Promise.resolve(this._choosePlayers());
  }

  /** @param {AudioContext} context @param {Blob} file */
  async _readFont(context, file) {
    this.fontFile = null;
    const font = await Soundfont.read(context, await file.arrayBuffer());
    this._dropFont();
    this.font = font;
    font.tune(this.score.cents);
  }

  _dropFont() {
    this.font?.close();
    this.font = null;
  }

  /** @returns {Ready} */
  _choosePlayers() {
    const { font } = this;
    const context = /** @type {AudioContext} */ (this.context);
    const voices = /** @type {Voices} */ (this.voices);
    const { result, auditions } = /** @type {NonNullable<Player["_mix"]>} */ (this._mix);
    this._sounds = font
      ? { result: font.sounds(0, result), auditions: font.sounds(1, auditions) }
      : { result: ownSounds(voices, result), auditions: ownSounds(voices, auditions) };
    return { context, sounds: this._sounds };
  }

  /** Take up another recording, or none. @param {string | null} id */
  async load(id) {
    this.pause();
    this._from_s = 0;
    this._loaded = id;
    this._sound = null;
    this.hasSound = false;
    this.dispatchEvent(new Event("state"));
    if (!id) return;
    const content = await api.bytes(id, "sound");
    if (this._loaded !== id) return;
    const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(content);
    if (this._loaded !== id) return;
    this._sound = sound;
    this.hasSound = true;
    if (this.context) this._handOver(sound);
    this.dispatchEvent(new Event("state"));
  }

  async play() {
    const { context } = await this.wake();
    if (this.isPlaying) return;
    let from_s = this._from_s >= this.duration_s - 0.05 ? 0 : this._from_s;
    if (this.loop && (from_s < this.loop[0] || from_s >= this.loop[1])) from_s = this.loop[0];
    this._from_s = from_s;
    this._began_s = context.currentTime + START_IN_S;
    this._scheduled_s = 0;
    this.isPlaying = true;
    const rate = context.sampleRate;
    this.recording?.port.postMessage({
      kind: "play",
      at_s: this._began_s,
      frame: Math.round(from_s * rate),
      speed: this.speed,
      loop: this.loop?.map((time_s) => Math.round(time_s * rate)) ?? null,
    });
    this._schedule();
    this._timer = window.setInterval(() => this._schedule(), EVERY_MS);
    this.dispatchEvent(new Event("state"));
  }

  pause() {
    if (!this.isPlaying) return;
    this._from_s = Math.min(this.position_s, this.duration_s);
    this.isPlaying = false;
    clearInterval(this._timer);
    this.recording?.port.postMessage({ kind: "stop" });
    this._sounds?.result.silence();
    this.dispatchEvent(new Event("state"));
  }

  /** @param {number} time_s */
  seek(time_s) {
    this._again(() => (this._from_s = Math.max(0, Math.min(time_s, this.duration_s))));
  }

  /** @param {number} speed */
  setSpeed(speed) {
    this._again(() => (this.speed = speed));
  }

  /** @param {[number, number] | null} loop seconds */
  setLoop(loop) {
    this._again(() => (this.loop = loop));
  }

  /** Which of the two is heard, on which side, and how loud. */
  setMix() {
    if (!this.context || !this._mix) return;
    const at_s = this.context.currentTime;
    const { original, result, left, right, master } = this._mix;
    const apart = this.listening === "both" && this.splits ? 1 : 0;
    original.gain.setTargetAtTime(this.listening === "result" ? 0 : apart ? 0.75 : 0.9, at_s, 0.015);
    result.gain.setTargetAtTime(this.listening === "original" ? 0 : 1, at_s, 0.015);
    left.pan.setTargetAtTime(-apart, at_s, 0.015);
    right.pan.setTargetAtTime(apart, at_s, 0.015);
    master.gain.setTargetAtTime(this.volume ** 2, at_s, 0.015);
  }

  /** The notes have changed: play on with those of now. */
  setScore() {
    this.font?.tune(this.score.cents);
    if (!this.isPlaying || !this.context) return;
    this._sounds?.result.silence();
    this._scheduled_s = Math.max(0, (this.context.currentTime - this._began_s) * this.speed);
    this._schedule();
  }

  /** Let one event be heard now. @param {Event_} event */
  async audition(event) {
    const { context, sounds } = await this.wake();
    const at_s = context.currentTime + 0.01;
    if (event.kind === "hit") sounds.auditions.strike(event.key, event.velocity, at_s);
    else this._playNote(sounds.auditions, event, at_s, Math.min(1.2, event.offset_s - event.onset_s), 1);
  }

  /** @param {AudioContext} context */
  _connect(context) {
    this.recording = new AudioWorkletNode(context, "recording-player", { outputChannelCount: [2], numberOfInputs: 0 });
    const [original, result, master, auditions] = [0, 0, 0, 0].map(() => context.createGain());
    const [left, right] = [context.createStereoPanner(), context.createStereoPanner()];
    const limiter = context.createDynamicsCompressor();
    limiter.threshold.value = -6;
    limiter.ratio.value = 12;
    limiter.attack.value = 0.002;
    this.recording.connect(original).connect(left).connect(master);
    result.connect(right).connect(master);
    auditions.connect(master);
    master.connect(limiter).connect(context.destination);
    this._mix = { original, result, left, right, master, auditions };
    this.setMix();
  }

  /** @param {AudioBuffer} sound */
  _handOver(sound) {
    const channels = Array.from({ length: sound.numberOfChannels }, (_, index) => sound.getChannelData(index).slice());
    this.recording?.port.postMessage({ kind: "recording", channels }, channels.map((channel) => channel.buffer));
  }

  /** Change something that playing depends on. @param {() => void} change */
  _again(change) {
    const played = this.isPlaying;
    this.pause();
    change();
    this.dispatchEvent(new Event("state"));
    if (played) void this.play();
  }

  /** Where it is after playing so many seconds of the recording's time. @param {number} played_s */
  _placeOf(played_s) {
    const place_s = this._from_s + played_s;
    if (!this.loop || place_s < this.loop[1]) return place_s;
    const [start_s, end_s] = this.loop;
    return start_s + ((place_s - end_s) % (end_s - start_s));
  }

  _schedule() {
    const context = /** @type {AudioContext} */ (this.context);
    const until_s = (context.currentTime + AHEAD_S - this._began_s) * this.speed;
    while (this._scheduled_s < until_s) {
      const place_s = this._placeOf(this._scheduled_s);
      const end_s = this.loop && place_s < this.loop[1] ? this.loop[1] : Infinity;
      const part_s = Math.min(until_s - this._scheduled_s, end_s - place_s);
      this._schedulePart(place_s, place_s + part_s, this._began_s + this._scheduled_s / this.speed);
      this._scheduled_s += Math.max(part_s, 1e-4);
    }
    if (!this.loop && this.position_s > this.duration_s + 0.3) {
      this.pause();
      this._from_s = 0;
      this.dispatchEvent(new Event("state"));
    }
  }

  /** What begins between two times. @param {number} from_s @param {number} to_s @param {number} at_s of the context */
  _schedulePart(from_s, to_s, at_s) {
    const sounds = /** @type {Sounds} */ (this._sounds?.result);
    const now_s = /** @type {AudioContext} */ (this.context).currentTime;
    /** @param {number} onset_s */
    const when = (onset_s) => Math.max(now_s, at_s + (onset_s - from_s) / this.speed);
    const { notes, hits, isHeard } = this.score;
    for (let i = lowerBound(notes, from_s); i < notes.length && notes[i].onset_s < to_s; i++) {
      const note = notes[i];
      if (!isHeard(note)) continue;
      const length_s = (note.offset_s - note.onset_s) / this.speed;
      this._playNote(sounds, note, when(note.onset_s), length_s, this.speed);
    }
    for (let i = lowerBound(hits, from_s); i < hits.length && hits[i].onset_s < to_s; i++) {
      if (isHeard(hits[i])) sounds.strike(hits[i].key, hits[i].velocity, when(hits[i].onset_s));
    }
  }

  /** @param {Sounds} sounds @param {Note} note @param {number} at_s @param {number} length_s @param {number} speed */
  _playNote(sounds, note, at_s, length_s, speed) {
    const { pitch, velocity, program, onset_s } = note;
    const bend = note.bend?.map(([time_s, cents]) => /** @type {[number, number]} */ ([(time_s - onset_s) / speed, cents]));
    const { cents, voiceOf } = this.score;
    sounds.play({ pitch, velocity, program, bend, voice: voiceOf(note), cents }, at_s, length_s);
  }
}
