// What is used here of SpessaSynth's synthesizer; its package has the whole of it.

export interface SoundBank {
  readonly presets: readonly { readonly name: string }[];
}

export interface Channel {
  setDrums(isDrum: boolean): void;
  stopAllNotes(force?: boolean): void;
}

export class SoundBankLoader {
  /** Reads SF2, SF3 or DLS. Throws an Error if it is none. */
  static fromArrayBuffer(buffer: ArrayBuffer): SoundBank;
}

export class SpessaSynthProcessor {
  constructor(sampleRate: number, options?: { effectsEnabled?: boolean; eventsEnabled?: boolean });
  readonly processorInitialized: Promise<void>;
  readonly soundBankManager: { addSoundBank(bank: SoundBank, id: string): void };
  readonly midiChannels: readonly Channel[];
  createMIDIChannel(): void;
  noteOn(channel: number, pitch: number, velocity: number): void;
  noteOff(channel: number, pitch: number): void;
  programChange(channel: number, program: number): void;
  controllerChange(channel: number, controller: number, value: number): void;
  /** value: 0 to 16383; of one note, if its pitch is given. */
  pitchWheel(channel: number, value: number, pitch?: number): void;
  setSystemParameter(name: "fineTune" | "gain", value: number): void;
  /** Adds the sound of channel n to the stereo pair n % outputs.length. */
  processSplit(
    outputs: Float32Array[][],
    effectsLeft: Float32Array,
    effectsRight: Float32Array,
    startIndex: number,
    sampleCount: number,
  ): void;
}
