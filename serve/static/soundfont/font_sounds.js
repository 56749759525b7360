// Notes and drums played by a soundfont of the user's.

/** @import {Sounds} from "../sounds.js" */

/** Reads soundfonts and hands on what is to be played; the synthesizer is in the audio thread (processor.js). */
export class Soundfont {
  /** @param {AudioWorkletNode} node */
  constructor(node) {
    this.node = node;
  }

  /**
   * @param {AudioContext | OfflineAudioContext} context
   * @param {ArrayBuffer} content of an SF2, SF3 or DLS file
   * @returns {Promise<Soundfont>} whose node has an output for each of two Sounds
   */
  static async read(context, content) {
    await context.audioWorklet.addModule("/static/soundfont/processor.js");
    const options = { numberOfInputs: 0, numberOfOutputs: 2, outputChannelCount: [2, 2] };
    const node = new AudioWorkletNode(context, "font-player", options);
    await new Promise((resolve, reject) => {
      node.port.onmessage = ({ data }) => {
        if (data.error) reject(new Error(`this soundfont cannot be read: ${data.error}`));
        else if (!data.presets) reject(new Error("this soundfont holds no instrument"));
        else resolve(null);
      };
      node.onprocessorerror = () => reject(new Error("this soundfont cannot be read"));
      node.port.postMessage({ kind: "bank", content }, [content]);
    });
    return new Soundfont(node);
  }

  /** @param {number} cents off concert pitch */
  tune(cents) {
    this.node.port.postMessage({ kind: "tune", cents });
  }

  /** @param {0 | 1} output of the node @param {AudioNode} to where it is heard @returns {Sounds} */
  sounds(output, to) {
    this.node.connect(to, output);
    const { port } = this.node;
    return {
      play: ({ pitch, velocity, program, bend }, at_s, length_s) =>
        port.postMessage({ kind: "note", output, at_s, length_s, pitch, velocity, program, bend: bend ?? [] }),
      strike: (key, velocity, at_s) => port.postMessage({ kind: "hit", output, at_s, key, velocity }),
      silence: () => port.postMessage({ kind: "silence", output }),
    };
  }

  close() {
    this.node.disconnect();
    this.node.port.close();
  }
}
