/**
 * The shapes of what goes between the server and the page; there is no code here.
 *
 * @typedef {{id: string, kind: "note", onset_s: number, offset_s: number, pitch: number, velocity: number,
 *   program: number, confidence: number, bend?: [number, number][], attack_s?: number | null,
 *   sustain_db?: number | null, release_s?: number | null, melody?: boolean}} Note
 * @typedef {{id: string, kind: "hit", onset_s: number, key: number, velocity: number, confidence: number,
 *   offset_s?: number | null}} Hit
 * @typedef {Note | Hit} Event_  A note or a drum hit; fields that this page does not know are kept as they are.
 * @typedef {{beats_per_minute: number, first_bar_s: number, beats_per_bar: number}} Tempo
 * @typedef {{label: string, remove?: string[], add?: Event_[], map?: [number, number], tempo?: Tempo}} Step
 * @typedef {{notes: number | null, drums: number | null, min_length_s: number, bends: boolean, melody: boolean}} Settings
 * @typedef {{time_s: number, down: boolean}} PedalEvent
 * @typedef {{time_s: number, beats_per_minute: number}} TempoChange
 * @typedef {{time_s: number, beats_per_bar: number, beat_unit: number}} MetreChange
 * @typedef {{duration_s: number, tuning_cents: number, notes: Note[], drum_hits: Hit[], pedal: PedalEvent[],
 *   tempo: TempoChange[], metre: MetreChange[]}} Decoded
 * @typedef {{revision: number, settings: Settings, steps: Step[], position: number}} Document_
 * @typedef {{duration_s: number, tuning_cents: number, note_count: number, drum_hit_count: number,
 *   least_confidence: {notes: number | null, drums: number | null},
 *   sound: {sample_rate: number, channels: number},
 *   spectrogram: {columns: number, hop_s: number, bins_per_semitone: number, lowest_pitch: number},
 *   peaks_a_second: number, warnings: string[]}} Info
 * @typedef {{id: string, name: string, size_bytes: number, created_s: number, state: string, reason: string | null,
 *   info: Info | null, place?: number | null, progress?: {stage: string, fraction: number}}} Recording
 * @typedef {{version: string, limits: {upload_bytes: number, recordings: number},
 *   formats: {name: string, suffix: string, contents: string, of_notes: boolean}[],
 *   programs: Record<string, {name: string, family: string}>,
 *   drums: {name: string, keys: number[], written_key: number}[],
 *   tile_columns: number, settings: {min_length_s: number}}} About
 */
export {};
