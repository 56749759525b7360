// What notes and drums sound like: short sounds, computed once when they are first needed, and played faster or slower
// for the pitches between. Three voices are enough to hear whether notes are right: struck, plucked and held.

/** @typedef {"struck" | "plucked" | "held"} Voice */

const SEMITONES_APART = 3;
const LENGTH_S = { struck: 4, plucked: 2.5, held: 1.2 };
const HELD_LOOP_S = 0.6; // its second half goes round
const VOICE_OF_FAMILY = /** @type {Record<string, Voice>} */ ({
  guitar: "plucked",
  bass: "plucked",
  strings: "held",
  voice: "held",
  winds: "held",
  synth: "held",
});

/** @param {string | undefined} family @returns {Voice} */
export const voiceOf = (family) => VOICE_OF_FAMILY[family ?? ""] ?? "struck";

export class Voices {
  /** @param {BaseAudioContext} context */
  constructor(context) {
    this.context = context;
    /** @type {Map<string, AudioBuffer>} */
    this.sounds = new Map();
    this.noise = new Float32Array(context.sampleRate * 2);
    let seed = 1;
    for (let i = 0; i < this.noise.length; i++) {
      seed = (seed * 16807) % 2147483647;
      this.noise[i] = seed / 1073741824 - 1;
    }
  }

  /**
   * Play a note.
   * @param {AudioNode} to
   * @param {{pitch: number, velocity: number, voice: Voice, cents: number, bend?: [number, number][]}} note its bend in
   *   seconds since the note began, and cents
   * @param {number} at_s of the context @param {number} length_s
   * @returns {AudioScheduledSourceNode}
   */
  play(to, note, at_s, length_s) {
    const base = Math.round(note.pitch / SEMITONES_APART) * SEMITONES_APART;
    const source = this.context.createBufferSource();
    source.buffer = this._sound(note.voice, base);
    const base_hz = note.voice === "held" ? heldHz(hzOf(base)) : hzOf(base);
    source.playbackRate.value = hzOf(note.pitch + note.cents / 100) / base_hz;
    for (const [index, [after_s, cents]] of (note.bend ?? []).entries()) {
      if (index) source.detune.linearRampToValueAtTime(cents, at_s + Math.max(0, after_s));
      else source.detune.setValueAtTime(cents, at_s);
    }
    const gain = this.context.createGain();
    const level = 0.3 * (note.velocity / 127) ** 1.6;
    const attack_s = note.voice === "held" ? 0.025 : 0.002;
    const release_s = note.voice === "held" ? 0.12 : 0.09;
    const end_s = at_s + Math.max(length_s, attack_s + 0.03);
    if (note.voice === "held") {
      source.loop = true;
      source.loopStart = LENGTH_S.held - HELD_LOOP_S;
      source.loopEnd = LENGTH_S.held;
    }
    gain.gain.setValueAtTime(0, at_s);
    gain.gain.linearRampToValueAtTime(level, at_s + attack_s);
    gain.gain.setValueAtTime(level, end_s);
    gain.gain.setTargetAtTime(0, end_s, release_s / 3);
    source.connect(gain).connect(to);
    source.start(at_s);
    source.stop(end_s + 2 * release_s);
    source.onended = () => gain.disconnect();
    return source;
  }

  /**
   * Play a drum.
   * @param {AudioNode} to @param {number} key of General MIDI @param {number} velocity @param {number} at_s
   * @returns {AudioScheduledSourceNode}
   */
  strike(to, key, velocity, at_s) {
    const source = this.context.createBufferSource();
    source.buffer = this._drum(key);
    const gain = this.context.createGain();
    gain.gain.value = 0.55 * (velocity / 127) ** 1.4;
    source.connect(gain).connect(to);
    source.start(at_s);
    source.onended = () => gain.disconnect();
    return source;
  }

  /** Compute the sounds of these pitches before they are needed, a few at a time.
   * @param {Iterable<{pitch: number, voice: Voice}>} notes */
  async prepare(notes) {
    const wanted = new Set();
    for (const { pitch, voice } of notes) wanted.add(`${voice} ${Math.round(pitch / SEMITONES_APART) * SEMITONES_APART}`);
    for (const name of wanted) {
      const [voice, base] = name.split(" ");
      if (!this.sounds.has(name)) {
        this._sound(/** @type {Voice} */ (voice), Number(base));
        await new Promise((resolve) => setTimeout(resolve));
      }
    }
  }

  /** @param {Voice} voice @param {number} pitch @returns {AudioBuffer} */
  _sound(voice, pitch) {
    return this._kept(`${voice} ${pitch}`, LENGTH_S[voice], (samples, rate) => {
      const pitch_hz = hzOf(pitch);
      if (voice === "held") return held(samples, rate, pitch_hz);
      return voice === "struck" ? struck(samples, rate, pitch_hz, this.noise) : plucked(samples, rate, pitch_hz, this.noise);
    });
  }

  /** @param {number} key @returns {AudioBuffer} */
  _drum(key) {
    const piece = pieceOf(key);
    const { length_s, make } = DRUMS[piece];
    return this._kept(piece, length_s, (samples, rate) => make(samples, rate, this.noise));
  }

  /** @param {string} name @param {number} length_s @param {(samples: Float32Array, rate: number) => void} make */
  _kept(name, length_s, make) {
    let sound = this.sounds.get(name);
    if (!sound) {
      const rate = this.context.sampleRate;
      sound = this.context.createBuffer(1, Math.ceil(length_s * rate), rate);
      make(sound.getChannelData(0), rate);
      this.sounds.set(name, sound);
    }
    return sound;
  }
}

/** Add a sine that dies away. @param {Float32Array} samples @param {number} rate
 * @param {number} hz @param {number} level @param {number} decay_s to 1/e; Infinity to hold */
function addPartial(samples, rate, hz, level, decay_s) {
  if (hz > 0.45 * rate) return;
  const fall = Math.exp(-1 / (decay_s * rate));
  const [turnX, turnY] = [fall * Math.cos((2 * Math.PI * hz) / rate), fall * Math.sin((2 * Math.PI * hz) / rate)];
  let [x, y] = [level, 0];
  const last = Math.min(samples.length, Math.ceil(8 * decay_s * rate));
  for (let i = 0; i < last; i++) {
    samples[i] += y;
    [x, y] = [x * turnX - y * turnY, x * turnY + y * turnX];
  }
}

/** @param {Float32Array} samples @param {number} rate @param {number} hz @param {Float32Array} noise */
function struck(samples, rate, hz, noise) {
  const decay_s = 1.9 * (220 / hz) ** 0.45;
  for (let k = 1; k <= 10; k++) {
    const stretched = k * Math.sqrt(1 + 0.0004 * k * k);
    const level = (k === 1 ? 0.8 : 0.62) / k ** 1.45;
    addPartial(samples, rate, hz * stretched, level * 0.6, decay_s / (1 + 0.42 * (k - 1)));
    addPartial(samples, rate, hz * stretched * 1.0006, level * 0.4, (1.6 * decay_s) / (1 + 0.5 * (k - 1)));
  }
  addPartial(samples, rate, Math.min(hz * 7.1, 6500), 0.06, 0.05); // the tine of an electric piano
  addNoise(samples, rate, noise, 0.05, 0.006, 0.5);
}

/** @param {Float32Array} samples @param {number} rate @param {number} hz @param {Float32Array} noise */
function plucked(samples, rate, hz, noise) {
  const decay_s = 1.1 * (160 / hz) ** 0.4;
  for (let k = 1; k <= 14; k++) {
    const level = (0.8 * Math.abs(Math.sin(Math.PI * k * 0.21))) / k;
    addPartial(samples, rate, hz * k, level, decay_s / (1 + 0.3 * (k - 1)));
  }
  addNoise(samples, rate, noise, 0.06, 0.004, 0.7);
}

/** @param {Float32Array} samples @param {number} rate @param {number} hz */
function held(samples, rate, hz) {
  for (let k = 1; k <= 12; k++) addPartial(samples, rate, heldHz(hz) * k, 0.5 / k ** 1.5, 1e9);
}

/** The nearest frequency of which the part that goes round holds whole periods. @param {number} hz */
const heldHz = (hz) => Math.max(1, Math.round(hz * HELD_LOOP_S)) / HELD_LOOP_S;

/** @param {number} pitch */
const hzOf = (pitch) => 440 * 2 ** ((pitch - 69) / 12);

/** Noise that dies away, through a filter. @param {Float32Array} samples @param {number} rate
 * @param {Float32Array} noise @param {number} level @param {number} decay_s
 * @param {number} bright 0 lets low frequencies through, 1 all, above only high ones */
function addNoise(samples, rate, noise, level, decay_s, bright) {
  const fall = Math.exp(-1 / (decay_s * rate));
  let [loud, low, before] = [level, 0, 0];
  for (let i = 0; i < samples.length && loud > 1e-5; i++) {
    const white = noise[i % noise.length];
    low += Math.min(1, bright) * (white - low);
    samples[i] += loud * (bright > 1 ? (white - before) * (bright - 0.5) * 0.6 : low);
    before = white;
    loud *= fall;
  }
}

/** A drumhead: a sine that falls in pitch. @param {Float32Array} samples @param {number} rate
 * @param {number} from_hz @param {number} to_hz @param {number} glide_s @param {number} decay_s @param {number} level */
function addHead(samples, rate, from_hz, to_hz, glide_s, decay_s, level) {
  let phase = 0;
  for (let i = 0; i < samples.length; i++) {
    const time_s = i / rate;
    phase += (2 * Math.PI * (to_hz + (from_hz - to_hz) * Math.exp(-time_s / glide_s))) / rate;
    samples[i] += level * Math.min(1, time_s / 0.001) * Math.sin(phase) * Math.exp(-time_s / decay_s);
  }
}

/** Metal: many partials that are no harmonics. @param {Float32Array} samples @param {number} rate
 * @param {number} level @param {number} decay_s @param {number} lowest_hz */
function addMetal(samples, rate, level, decay_s, lowest_hz) {
  for (const [index, ratio] of [1, 1.483, 1.932, 2.546, 2.63, 3.897, 4.31, 5.07].entries()) {
    addPartial(samples, rate, lowest_hz * ratio, level / (1 + 0.3 * index), decay_s);
  }
}

/** @type {Record<string, {length_s: number, make: (s: Float32Array, rate: number, noise: Float32Array) => void}>} */
const DRUMS = {
  kick: {
    length_s: 0.5,
    make: (s, rate, noise) => {
      addHead(s, rate, 190, 48, 0.022, 0.16, 1.1);
      addNoise(s, rate, noise, 0.25, 0.004, 0.6);
    },
  },
  snare: {
    length_s: 0.4,
    make: (s, rate, noise) => {
      addHead(s, rate, 260, 185, 0.02, 0.07, 0.55);
      addNoise(s, rate, noise, 0.55, 0.085, 1.1);
    },
  },
  stick: { length_s: 0.15, make: (s, rate, noise) => (addHead(s, rate, 900, 800, 0.01, 0.02, 0.6), addNoise(s, rate, noise, 0.3, 0.008, 1)) },
  clap: { length_s: 0.35, make: (s, rate, noise) => addNoise(s, rate, noise, 0.7, 0.07, 0.9) },
  lowTom: { length_s: 0.6, make: (s, rate) => addHead(s, rate, 150, 88, 0.05, 0.2, 0.9) },
  highTom: { length_s: 0.5, make: (s, rate) => addHead(s, rate, 260, 160, 0.04, 0.16, 0.8) },
  hat: { length_s: 0.15, make: (s, rate, noise) => (addNoise(s, rate, noise, 0.42, 0.022, 1.4), addMetal(s, rate, 0.035, 0.03, 3300)) },
  openHat: { length_s: 0.7, make: (s, rate, noise) => (addNoise(s, rate, noise, 0.38, 0.17, 1.4), addMetal(s, rate, 0.035, 0.2, 3300)) },
  crash: { length_s: 2, make: (s, rate, noise) => (addNoise(s, rate, noise, 0.42, 0.55, 1.3), addMetal(s, rate, 0.03, 0.6, 2100)) },
  ride: { length_s: 1.4, make: (s, rate, noise) => (addMetal(s, rate, 0.07, 0.45, 2400), addNoise(s, rate, noise, 0.16, 0.16, 1.3)) },
  other: { length_s: 0.2, make: (s, rate, noise) => addNoise(s, rate, noise, 0.35, 0.04, 1.2) },
};

/** @param {number} key @returns {string} */
function pieceOf(key) {
  if (key === 35 || key === 36) return "kick";
  if (key === 37) return "stick";
  if (key === 39) return "clap";
  if (key === 38 || key === 40) return "snare";
  if ([41, 43, 45, 58].includes(key)) return "lowTom";
  if ([47, 48, 50].includes(key)) return "highTom";
  if ([22, 42, 44].includes(key)) return "hat";
  if (key === 26 || key === 46) return "openHat";
  if ([49, 52, 55, 57].includes(key)) return "crash";
  if ([51, 53, 59].includes(key)) return "ride";
  return "other";
}
