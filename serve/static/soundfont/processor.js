// Plays notes by a soundfont in the audio thread, each from the frame on in which it begins. The synthesizer is
// SpessaSynth's, without its effects: what is compared with a recording should not have a room of its own.

import { SoundBankLoader, SpessaSynthProcessor } from "./spessasynth_core.js";

/** @import {SoundBank} from "./spessasynth_core.js" */

/** @typedef {{frame: number, output: number, run: () => void}} Due */
/**
 * @typedef {{kind: "bank", content: ArrayBuffer} | {kind: "tune", cents: number} | {kind: "silence", output: number}
 *   | {kind: "note", output: number, at_s: number, length_s: number, pitch: number, velocity: number, program: number,
 *      bend: [number, number][]}
 *   | {kind: "hit", output: number, at_s: number, key: number, velocity: number}} Message  Bends are in seconds since the
 *   note began, and cents.
 */

const OUTPUTS = 2; // the synthesizer gives channel n to output n % 2, so that each program has two channels
const DRUM_CHANNELS = 8; // and 9, which are drums to begin with or made so
const CHANNELS = 16; // to begin with
const HIT_S = 0.1; // kits leave their sounds alone when keys are released
const BEND_RANGE = 24; // semitones
const BEND_STEP_S = 0.01;
const GAIN = 3.6; // as loud as the page's own sounds, with FluidR3 GM
const [RPN_HIGH, RPN_LOW, DATA] = [101, 100, 6]; // controllers

// @ts-ignore  AudioWorkletGlobalScope's, which the type checker does not know
class FontPlayer extends AudioWorkletProcessor {
  constructor() {
    super();
    /** @type {SpessaSynthProcessor | null} */
    this.synth = null;
    this.cents = 0;
    /** Each program's channel of the first output. @type {Map<number, number>} */
    this.channels = new Map();
    /** @type {Set<string>} channel and pitch that a bend has left elsewhere */
    this.bent = new Set();
    /** What is to be done, by frame. @type {Due[]} */
    this.due = [];
    this.unused = [new Float32Array(128), new Float32Array(128)]; // of the effects
    // @ts-ignore
    this.port.onmessage = (/** @type {MessageEvent<Message>} */ { data }) => this.obey(data);
  }

  /** @param {Message} message */
  obey(message) {
    if (message.kind === "bank") void this.load(message.content);
    else if (message.kind === "tune") this.tune(message.cents);
    else if (message.kind === "silence") this.silence(message.output);
    else if (message.kind === "note") this.note(message);
    else this.hit(message);
  }

  /** @param {ArrayBuffer} content */
  async load(content) {
    try {
      const bank = SoundBankLoader.fromArrayBuffer(content);
      // @ts-ignore
      const synth = new SpessaSynthProcessor(sampleRate, { effectsEnabled: false, eventsEnabled: false });
      await synth.processorInitialized;
      synth.soundBankManager.addSoundBank(bank, "bank");
      synth.setSystemParameter("gain", GAIN);
      for (let output = 0; output < OUTPUTS; output++) synth.midiChannels[DRUM_CHANNELS + output].setDrums(true);
      this.channels.clear();
      this.bent.clear();
      this.due = [];
      this.synth = synth;
      this.tune(this.cents);
      // @ts-ignore
      this.port.postMessage({ presets: bank.presets.length });
    } catch (error) {
      // @ts-ignore
      this.port.postMessage({ error: error instanceof Error ? error.message : String(error) });
    }
  }

  /** @param {number} cents */
  tune(cents) {
    this.cents = cents;
    this.synth?.setSystemParameter("fineTune", cents);
  }

  /** @param {number} output */
  silence(output) {
    this.due = this.due.filter((one) => one.output !== output);
    this.synth?.midiChannels.forEach((channel, index) => index % OUTPUTS === output && channel.stopAllNotes());
  }

  /** @param {Extract<Message, {kind: "note"}>} message */
  note({ output, at_s, length_s, pitch, velocity, program, bend }) {
    const { synth } = this;
    if (!synth) return;
    const channel = this.channelOf(program, output);
    const name = `${channel} ${pitch}`;
    this.at(at_s, output, () => {
      if (this.bent.delete(name)) synth.pitchWheel(channel, wheel(0), pitch);
      synth.noteOn(channel, pitch, velocity);
    });
    for (const [after_s, cents] of steps(bend, length_s)) {
      this.at(at_s + after_s, output, () => {
        this.bent.add(name);
        synth.pitchWheel(channel, wheel(cents), pitch);
      });
    }
    this.at(at_s + length_s, output, () => synth.noteOff(channel, pitch));
  }

  /** @param {Extract<Message, {kind: "hit"}>} message */
  hit({ output, at_s, key, velocity }) {
    const { synth } = this;
    const channel = DRUM_CHANNELS + output;
    this.at(at_s, output, () => synth?.noteOn(channel, key, velocity));
    this.at(at_s + HIT_S, output, () => synth?.noteOff(channel, key));
  }

  /** @param {number} program @param {number} output @returns {number} */
  channelOf(program, output) {
    const synth = /** @type {SpessaSynthProcessor} */ (this.synth);
    const known = this.channels.get(program);
    if (known !== undefined) return known + output;
    let first = OUTPUTS * this.channels.size;
    if (first >= DRUM_CHANNELS) first += OUTPUTS;
    while (synth.midiChannels.length < first + OUTPUTS) synth.createMIDIChannel();
    for (let channel = first; channel < first + OUTPUTS; channel++) {
      if (channel >= CHANNELS) synth.midiChannels[channel].setDrums(false);
      synth.programChange(channel, program);
      for (const [controller, value] of [[RPN_HIGH, 0], [RPN_LOW, 0], [DATA, BEND_RANGE]]) synth.controllerChange(channel, controller, value);
    }
    this.channels.set(program, first);
    return first + output;
  }

  /** @param {number} at_s of the context @param {number} output @param {() => void} run */
  at(at_s, output, run) {
    // @ts-ignore
    const frame = Math.round(at_s * sampleRate);
    let index = this.due.length;
    while (index > 0 && this.due[index - 1].frame > frame) index -= 1;
    this.due.splice(index, 0, { frame, output, run });
  }

  /** @param {Float32Array[][]} _ @param {Float32Array[][]} outputs */
  process(_, outputs) {
    const { synth } = this;
    if (!synth) return true;
    const frames = outputs[0][0].length;
    for (let done = 0; done < frames; ) {
      // @ts-ignore
      const now = currentFrame + done;
      while (this.due.length && this.due[0].frame <= now) this.due.shift()?.run();
      // @ts-ignore
      const until = Math.min(frames, (this.due[0]?.frame ?? Infinity) - currentFrame);
      synth.processSplit(outputs, this.unused[0], this.unused[1], done, until - done);
      done = until;
    }
    return true;
  }
}

/** @param {number} cents @returns {number} of a pitch wheel */
const wheel = (cents) => Math.max(0, Math.min(16_383, 8192 + Math.round((cents / 100 / BEND_RANGE) * 8192)));

/** A bend in small steps. @param {[number, number][]} bend @param {number} length_s @returns {[number, number][]} */
function steps(bend, length_s) {
  /** @type {[number, number][]} */
  const made = [];
  bend.forEach(([from_s, from], index) => {
    const [to_s, to] = bend[index + 1] ?? [from_s, from];
    const count = Math.max(1, Math.ceil((to_s - from_s) / BEND_STEP_S));
    for (let step = 0; step < count; step++) {
      const time_s = Math.max(0, from_s + ((to_s - from_s) * step) / count);
      if (time_s < length_s) made.push([time_s, from + ((to - from) * step) / count]);
    }
  });
  return made;
}

// @ts-ignore
registerProcessor("font-player", FontPlayer);
