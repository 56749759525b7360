// Follows what happens on the server: other pages may change things, and recordings are heard there.

import * as api from "./api.js";
import { the } from "./dom.js";
import { showProgress, showWaiting } from "./progress_view.js";

/** @import {App} from "./app.js" */

/** @param {App} app */
export function listenToServer(app) {
  api.listen({
    // After a pause things may be different.
    open: async () => {
      await app.library.refresh().catch(() => {});
      if (app.recording) await recordingChanged(app, app.recording.id);
      if (app.lab.mode) await app.lab.jobs.refresh().catch(() => {});
    },
    ...app.lab.handlers(),
    recording: ({ id }) => void recordingChanged(app, id),
    progress: ({ id, stage, fraction }) => {
      app.library.progress(id, { stage, fraction });
      if (!app.recording || id !== app.recording.id) return;
      app.recording.progress = { stage, fraction };
      showProgress(app.recording);
    },
    notes: ({ id, notes }) => {
      if (app.recording && id === app.recording.id && app.recording.state === "hearing") app.addPreview(notes);
    },
    document: ({ id, revision }) => {
      if (id === app.doc?.id) void app.doc?.changedElsewhere(revision);
    },
    deleted: ({ id }) => {
      app.library.drop(id);
      if (id !== app.recording?.id) return;
      app.roll.doc = null;
      void app.open(null);
    },
  });
}

/** @param {App} app @param {string} id */
async function recordingChanged(app, id) {
  const recording = await app.library.update(id);
  const shown = app.recording;
  if (!recording || !shown || id !== shown.id) return;
  if (recording.state !== shown.state) await app.show(recording);
  else if (recording.name !== shown.name) {
    app.recording = recording;
    /** @type {HTMLInputElement} */ (the("name")).value = recording.name;
  } else showWaiting(recording);
}
