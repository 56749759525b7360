// What the keyboard does. Everything that the mouse can do can be done here.

/** @import {App} from "./app.js" */

/** @typedef {{keys: string, does: string, run?: (app: App, event: KeyboardEvent) => void, match?: string[],
 *   needs?: "selection" | "none", group: string}} Shortcut */

const NUDGE_S = 0.01;

/** @param {App} app @returns {number} how far an arrow moves what is selected, in seconds */
function nudge_s(app) {
  const { snap } = app.editing;
  const { grid } = app.roll;
  return snap && grid.isKnown ? 60 / grid.beatsPerMinute(app.roll.playhead_s) / snap : NUDGE_S;
}

/** @type {Shortcut[]} */
export const SHORTCUTS = [
  { group: "Listen", keys: "Space", match: ["Space"], does: "Play, pause", run: (app) => app.transport.togglePlay() },
  { group: "Listen", keys: "Home, End", match: ["Home"], does: "To the start, to the end", run: (app) => app.transport.seek(0) },
  { group: "", keys: "", match: ["End"], does: "", run: (app) => app.transport.seek(app.roll.duration_s) },
  { group: "Listen", keys: ", .", match: [","], does: "A beat back, a beat on", run: (app) => app.transport.seekBeats(-1) },
  { group: "", keys: "", match: ["."], does: "", run: (app) => app.transport.seekBeats(1) },
  { group: "Listen", keys: "1 2 3", match: ["1"], does: "Original, both, notes", run: (app) => app.transport.listen("original") },
  { group: "", keys: "", match: ["2"], does: "", run: (app) => app.transport.listen("both") },
  { group: "", keys: "", match: ["3"], does: "", run: (app) => app.transport.listen("result") },
  { group: "Listen", keys: "H", match: ["h"], does: "Half speed, full speed", run: (app) => app.transport.toggleSpeed() },
  { group: "Listen", keys: "L", match: ["l"], does: "Loop on, off", run: (app) => app.transport.toggleLoop() },
  { group: "Listen", keys: "[ ]", match: ["["], does: "Loop from here, to here", run: (app) => app.transport.loopEnd(0) },
  { group: "", keys: "", match: ["]"], does: "", run: (app) => app.transport.loopEnd(1) },
  { group: "Look", keys: "F", match: ["f"], does: "Follow the playhead", run: (app) => app.transport.toggleFollow() },
  { group: "Look", keys: "+ −", match: ["+", "="], does: "Zoom in, out", run: (app) => app.commands.zoom(1.3, false) },
  { group: "", keys: "", match: ["-"], does: "", run: (app) => app.commands.zoom(1 / 1.3, false) },
  { group: "Look", keys: "Alt + −", match: ["Alt++", "Alt+="], does: "Taller rows, lower rows", run: (app) => app.commands.zoom(1.2, true) },
  { group: "", keys: "", match: ["Alt+-"], does: "", run: (app) => app.commands.zoom(1 / 1.2, true) },
  { group: "Look", keys: "0", match: ["0"], does: "Show all", run: (app) => app.roll.fit(true) },
  { group: "Look", keys: "Page ↑ ↓", match: ["PageDown"], does: "A page back, a page on", run: (app) => app.commands.page(1) },
  { group: "", keys: "", match: ["PageUp"], does: "", run: (app) => app.commands.page(-1) },
  { group: "Mend", keys: "N P", match: ["n"], does: "Next note, previous note", run: (app) => app.editing.selectNext(1, app.roll.playhead_s) },
  { group: "", keys: "", match: ["p"], does: "", run: (app) => app.editing.selectNext(-1, app.roll.playhead_s) },
  { group: "Mend", keys: "← → ↑ ↓", does: "Move what is selected; else scroll" },
  { group: "", keys: "", match: ["ArrowLeft"], needs: "selection", does: "", run: (app) => app.editing.move(-nudge_s(app), 0) },
  { group: "", keys: "", match: ["ArrowRight"], needs: "selection", does: "", run: (app) => app.editing.move(nudge_s(app), 0) },
  { group: "", keys: "", match: ["ArrowUp"], needs: "selection", does: "", run: (app) => app.editing.move(0, 1) },
  { group: "", keys: "", match: ["ArrowDown"], needs: "selection", does: "", run: (app) => app.editing.move(0, -1) },
  { group: "", keys: "", match: ["ArrowLeft"], needs: "none", does: "", run: (app) => app.commands.scroll(-1, 0) },
  { group: "", keys: "", match: ["ArrowRight"], needs: "none", does: "", run: (app) => app.commands.scroll(1, 0) },
  { group: "", keys: "", match: ["ArrowUp"], needs: "none", does: "", run: (app) => app.commands.scroll(0, 1) },
  { group: "", keys: "", match: ["ArrowDown"], needs: "none", does: "", run: (app) => app.commands.scroll(0, -1) },
  { group: "Mend", keys: "Shift ← →", match: ["Shift+ArrowLeft"], needs: "selection", does: "Shorter, longer", run: (app) => app.editing.stretch(-nudge_s(app)) },
  { group: "", keys: "", match: ["Shift+ArrowRight"], needs: "selection", does: "", run: (app) => app.editing.stretch(nudge_s(app)) },
  { group: "Mend", keys: "Shift ↑ ↓", match: ["Shift+ArrowUp"], needs: "selection", does: "An octave up, down", run: (app) => app.editing.move(0, 12) },
  { group: "", keys: "", match: ["Shift+ArrowDown"], needs: "selection", does: "", run: (app) => app.editing.move(0, -12) },
  { group: "Mend", keys: "Alt ↑ ↓", match: ["Alt+ArrowUp"], needs: "selection", does: "Louder, softer", run: (app) => app.editing.louder(5) },
  { group: "", keys: "", match: ["Alt+ArrowDown"], needs: "selection", does: "", run: (app) => app.editing.louder(-5) },
  { group: "Mend", keys: "A", match: ["a"], does: "Add a note at the playhead", run: (app) => app.commands.addAtPlayhead() },
  { group: "Mend", keys: "Delete", match: ["Delete", "Backspace"], does: "Delete what is selected", run: (app) => app.editing.delete() },
  { group: "Mend", keys: "Enter", match: ["Enter"], does: "Hear what is selected", run: (app) => app.commands.auditionSelection() },
  { group: "Mend", keys: "Ctrl A", match: ["Ctrl+a"], does: "Select all", run: (app) => app.editing.selectAll() },
  { group: "Mend", keys: "Esc", match: ["Escape"], does: "Select nothing", run: (app) => app.commands.escape() },
  { group: "Mend", keys: "Ctrl Z", match: ["Ctrl+z"], does: "Undo; with Shift, redo", run: (app) => app.commands.undo() },
  { group: "", keys: "", match: ["Ctrl+Shift+z", "Ctrl+y"], does: "", run: (app) => app.commands.redo() },
  { group: "Mend", keys: "V D", match: ["v"], does: "Select, draw", run: (app) => app.commands.chooseTool("select") },
  { group: "", keys: "", match: ["d"], does: "", run: (app) => app.commands.chooseTool("draw") },
  { group: "Mend", keys: "Ctrl S", match: ["Ctrl+s"], does: "Export MIDI", run: (app) => void app.commands.export("mid") },
  { group: "Look", keys: "S", match: ["s"], does: "Score or roll", run: (app) => app.score.toggle() },
  { group: "Look", keys: "?", match: ["?"], does: "These keys", run: (app) => app.commands.help() },
];

export const GESTURES = [
  ["Drag over the ruler", "Choose a loop; a click seeks"],
  ["Drag a bar's line", "Move all bars; with Shift, the tempo"],
  ["Drag a note, its end", "Move it, stretch it"],
  ["Double-click", "Add a note or a hit"],
  ["Right-click a note", "Delete it"],
  ["Shift-click", "Select more"],
  ["Wheel; with Shift", "Scroll pitch; time"],
  ["Wheel with Ctrl; Alt", "Zoom time; pitch"],
  ["Two fingers", "Zoom and scroll"],
];

/** @param {KeyboardEvent} event @returns {string[]} what it may be called in the table */
function names(event) {
  const key = event.code === "Space" ? "Space" : event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const held = (event.ctrlKey || event.metaKey ? "Ctrl+" : "") + (event.altKey ? "Alt+" : "");
  const shifted = `${held}Shift+${key}`;
  // Of signs, which one it is says whether Shift is held.
  if (!event.shiftKey) return [held + key];
  return key.length === 1 && !/[a-z]/.test(key) ? [shifted, held + key] : [shifted];
}

/**
 * Do what a key asks for.
 * @param {App} app @param {KeyboardEvent} event @returns {boolean} whether there was anything to do
 */
export function press(app, event) {
  const called = names(event);
  const hasSelection = app.roll.selected.size > 0;
  const found = SHORTCUTS.find(
    ({ match, needs }) =>
      match?.some((name) => called.includes(name)) &&
      (needs === undefined || (needs === "selection") === hasSelection),
  );
  if (!found?.run) return false;
  found.run(app, event);
  return true;
}
