// Plays a recording in the audio thread, at any speed and its own pitch: grains are laid over each other, each taken
// from where it goes on best from the one before (WSOLA, Verhelst and Roelands 1993). At full speed the grains follow
// each other without a seam, and what comes out is the recording, sample by sample.

const GRAIN = 2048; // frames
const HOP = GRAIN / 2;
const REACH = 600; // frames to either side in which a grain's start is looked for
const COMPARED = 768; // frames, every fourth
const THIN = 4;

// @ts-ignore  AudioWorkletGlobalScope's, which the type checker does not know
class RecordingPlayer extends AudioWorkletProcessor {
  constructor() {
    super();
    /** @type {Float32Array[]} */
    this.channels = [];
    this.isPlaying = false;
    this.startFrame = 0;
    this.speed = 1;
    /** @type {[number, number] | null} frames */
    this.loop = null;
    this.wanted = 0; // where the next grain should begin
    this.follows = 0; // where it would begin if it went on from the one before
    this.window = Float32Array.from({ length: GRAIN }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / GRAIN));
    this.made = [new Float32Array(GRAIN), new Float32Array(GRAIN)];
    this.read = HOP;
    /** @param {MessageEvent} event */
    // @ts-ignore
    this.port.onmessage = (event) => this.obey(event.data);
  }

  /** @param {any} message */
  obey(message) {
    if (message.kind === "recording") {
      this.channels = message.channels;
      this.isPlaying = false;
    } else if (message.kind === "play") {
      this.isPlaying = true;
      // @ts-ignore
      this.startFrame = Math.round(message.at_s * sampleRate);
      this.speed = message.speed;
      this.loop = message.loop;
      this.wanted = message.frame;
      this.follows = message.frame;
      for (const channel of this.made) channel.fill(0);
      // The half grain before the start, so that the first frames are whole.
      this.add(message.frame - HOP);
      this.follows = message.frame;
      this.read = HOP;
    } else {
      this.isPlaying = false;
    }
  }

  /** Lay a grain over what is made, which moves on by a hop. @param {number} start */
  add(start) {
    this.made.forEach((made, index) => {
      made.copyWithin(0, HOP);
      made.fill(0, HOP);
      const channel = this.channels[Math.min(index, this.channels.length - 1)];
      if (!channel) return;
      const first = Math.max(0, -start);
      const last = Math.min(GRAIN, channel.length - start);
      for (let i = first; i < last; i++) made[i] += channel[start + i] * this.window[i];
    });
  }

  next() {
    let start = Math.round(this.wanted);
    if (this.loop && start >= this.loop[1]) {
      const length = this.loop[1] - this.loop[0];
      this.wanted -= length;
      start = Math.round(this.wanted);
      this.follows -= length;
    }
    if (this.speed !== 1) start = this.best(start);
    this.add(start);
    this.follows = start + HOP;
    this.wanted += HOP * this.speed;
  }

  /** Near a frame, where the recording is most like what would follow. @param {number} near @returns {number} */
  best(near) {
    const channel = this.channels[0];
    if (!channel || this.follows < 0 || this.follows + COMPARED > channel.length) return near;
    let [best, highest] = [near, -Infinity];
    const first = Math.max(0, near - REACH);
    const last = Math.min(channel.length - COMPARED, near + REACH);
    for (let start = first; start <= last; start += THIN) {
      let [product, energy] = [0, 1e-6];
      for (let i = 0; i < COMPARED; i += THIN) {
        const value = channel[start + i];
        product += value * channel[this.follows + i];
        energy += value * value;
      }
      const alike = product / Math.sqrt(energy);
      if (alike > highest) [best, highest] = [start, alike];
    }
    return best;
  }

  /** @param {Float32Array[][]} _ @param {Float32Array[][]} outputs */
  process(_, outputs) {
    if (!this.isPlaying) return true;
    const [left, right] = outputs[0];
    for (let i = 0; i < left.length; i++) {
      // @ts-ignore
      if (currentFrame + i < this.startFrame) continue;
      if (this.read >= HOP) {
        this.next();
        this.read = 0;
      }
      left[i] = this.made[0][this.read];
      if (right) right[i] = this.made[1][this.read];
      this.read += 1;
    }
    return true;
  }
}

// @ts-ignore
registerProcessor("recording-player", RecordingPlayer);
