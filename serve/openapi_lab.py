"""The part of the OpenAPI document on data sets, runs and classifiers."""

from __future__ import annotations

from mp3tomidi.serve.openapi_parts import (
    BYTES,
    FLAC,
    NUMBER,
    OBJECT,
    PROBABILITY,
    TEXT,
    WHOLE,
    Part,
    list_of,
    object_of,
    operation,
    query,
    ref,
)

_PLACE: Part = {
    "type": "string",
    "description": "A folder of --data, or `made`, and a path below it: music/jazz/001.wav.",
}
_ROWS = {"description": "onset s, offset s, pitch", **list_of(list_of(NUMBER))}
_VERSION = object_of("duration_s columns bands notes hits", duration_s=NUMBER, columns=WHOLE, bands=WHOLE, notes=_ROWS)

_OPTIONS = {
    "Look": object_of("place", place=_PLACE),
    "Augment": object_of(
        "place recipe",
        place=_PLACE,
        recipe=ref("EffectRecipe"),
        copies=WHOLE,
        seed=WHOLE,
        format={"enum": ["wav", "flac", "ogg"]},
        rate_hz={"type": ["integer", "null"], "description": "That of each sound, unless given."},
        tail_s=NUMBER,
    ),
    "Train": object_of(
        "recipe",
        recipe={"description": "A name of /api/training-recipes, or the place of a TOML file.", **TEXT},
        data={"description": "The place of a folder with a sub-folder for each class, or with midi/.", **TEXT},
        banks={"description": "The place of a folder of banks that sound is rendered from.", **TEXT},
        minutes=NUMBER,
        steps=WHOLE,
        changes={"description": "Such as training.epochs=20; values as TOML has them.", **list_of(TEXT)},
        start={"description": "The id of a classifier's run, whose weights it begins with.", **TEXT},
        device={"enum": ["cpu", "cuda"]},
    ),
    "Export": object_of("run banks", run=TEXT, banks=_PLACE, last={"type": "boolean"}),
    "Evaluate": object_of(
        "place",
        place=_PLACE,
        weights={"description": "The id of a job with weights; the shipped ones, unless given.", **TEXT},
        drums={"type": "boolean"},
    ),
    "Classify": object_of(
        "place classifier",
        place=_PLACE,
        classifier=TEXT,
        map={"enum": ["pca", "umap"]},
        list={
            "description": "CSV: paths below the place, with their classes if these are known; all, unless given.",
            **TEXT,
        },
    ),
}
SCHEMAS: Part = {
    "EffectRecipe": {
        "description": "What a recipe's TOML file says, as JSON; folders in it are places.",
        **object_of("steps", description=TEXT, steps=list_of(OBJECT)),
    },
    **{f"{kind}Options": schema for kind, schema in _OPTIONS.items()},
    "NewJob": object_of(
        "kind options",
        kind={"enum": [kind.lower() for kind in _OPTIONS]},
        name=TEXT,
        options={"anyOf": [ref(f"{kind}Options") for kind in _OPTIONS]},
    ),
    "Job": object_of(
        "id kind name options state created_s worked_s",
        id=TEXT,
        kind=TEXT,
        name=TEXT,
        options=OBJECT,
        state={"enum": ["queued", "running", "done", "failed", "cancelled", "interrupted"]},
        reason={"type": ["string", "null"], "description": "Why it is not done."},
        created_s={"type": "number", "description": "Seconds since 1970."},
        worked_s={"type": "number", "description": "In all its pieces."},
        place={"type": ["integer", "null"], "description": "How many are before it in the queue."},
        progress=object_of(
            "fraction text rows left_s",
            fraction=PROBABILITY,
            text=TEXT,
            rows={"description": "Of its log of figures.", **WHOLE},
            left_s={"type": ["number", "null"]},
        ),
    ),
    "Listing": object_of(
        "place folders sounds recipes",
        place=TEXT,
        folders=list_of(object_of("place name own_sounds", place=_PLACE, name=TEXT, own_sounds=WHOLE)),
        sounds=list_of(object_of("place name size_bytes", place=_PLACE, name=TEXT, size_bytes=WHOLE)),
        recipes=list_of(_PLACE),
        sound_count={"description": "In this folder and below it.", **WHOLE},
    ),
    "Preview": object_of(
        "id before after replayed effects is_same sha256",
        id=TEXT,
        before=_VERSION,
        after=_VERSION,
        replayed=_VERSION,
        effects=list_of(object_of("effect drawn", effect=TEXT, drawn=OBJECT)),
        turned_down_db=NUMBER,
        is_same={"description": "Whether the replayed copy is the same, byte for byte.", "type": "boolean"},
        sha256=TEXT,
    ),
    "Classified": object_of(
        "task classes duration_s silent top probabilities segments",
        task=OBJECT,
        classes=list_of(TEXT),
        duration_s=NUMBER,
        silent={"type": "boolean"},
        top={"description": "Up to five.", **list_of(object_of("class confidence", confidence=NUMBER))},
        probabilities=list_of(NUMBER),
        segments=list_of(object_of("start_s end_s silent probabilities", start_s=NUMBER, end_s=NUMBER)),
        layers={
            "description": "What each layer gives for the loudest segment: its shape, and a picture in base64.",
            **list_of(object_of("name kind shape rows columns pixels")),
        },
    ),
}

_LAYERS = query("layers", {"type": "boolean"}, "Whether to say what each layer gives (extra train).")
_JOB, _CLASSIFIER, _PREVIEW = "/api/jobs/{id}", "/api/classifiers/{id}/classify", "/api/previews/{id}/{version}"
_DATA_SETS: Part = {
    "/api/folders": {
        "get": operation(
            "The folders that may be seen; what one of them holds.",
            ref("Listing"),
            parameters=[query("place", _PLACE, "None for the folders themselves.")],
        )
    },
    "/api/sound": {
        "get": operation("The first minute of a sound.", FLAC, parameters=[query("place", _PLACE, "A sound file's.")])
    },
    "/api/effects": {
        "get": operation(
            "Effects with the limits of their parameters, and the recipes that come along.",
            object_of("effects recipes", effects=list_of(OBJECT), recipes=list_of(ref("EffectRecipe"))),
        )
    },
    "/api/recipe": {
        "post": operation(
            "A recipe of effects, checked, as TOML.",
            {"application/toml": {"schema": TEXT}},
            takes=ref("EffectRecipe"),
        )
    },
    "/api/previews": {
        "post": operation(
            "Eight seconds of a sound before and after a recipe, and made again from what was drawn.",
            ref("Preview"),
            status=201,
            takes=object_of(
                "place recipe",
                place=_PLACE,
                within={"description": "The data set's folder: the seed then gives its first copy.", **TEXT},
                recipe=ref("EffectRecipe"),
                seed=WHOLE,
                start_s=NUMBER,
            ),
        )
    },
    f"{_PREVIEW}/sound": {"get": operation("The sound of a preview.", FLAC)},
    f"{_PREVIEW}/levels": {"get": operation("Its levels: a byte each, column by column.", BYTES)},
}
_CLASSIFIERS: Part = {
    "/api/training-recipes": {
        "get": operation("The recipes of training that come along.", object_of("recipes", recipes=list_of(OBJECT)))
    },
    "/api/classifiers": {
        "get": operation(
            "The classifiers that come along, and those that runs have taught, with their cards.",
            object_of("classifiers", classifiers=list_of(OBJECT)),
        )
    },
    _CLASSIFIER: {
        "post": operation(
            "Classify an upload: its bytes are the body. It is not kept.",
            ref("Classified"),
            takes=BYTES,
            parameters=[query("name", TEXT, "What it is called."), _LAYERS],
        ),
        "get": operation(
            "Classify a sound that is there.",
            ref("Classified"),
            parameters=[
                query("place", _PLACE, "A sound file's;"),
                query("recording", TEXT, "or the id of a recording of /api/recordings."),
                _LAYERS,
            ],
        ),
    },
}
_JOBS: Part = {
    "/api/jobs": {
        "get": operation("All jobs, the newest first.", object_of("jobs", jobs=list_of(ref("Job")))),
        "post": operation("Check and queue a job.", ref("Job"), status=201, takes=ref("NewJob")),
    },
    _JOB: {
        "get": operation("A job.", ref("Job")),
        "patch": operation("Give it another name.", ref("Job"), takes=object_of("name", name=TEXT)),
        "delete": operation("Stop and delete it with all that it has made.", status=204),
    },
    f"{_JOB}/cancel": {"post": operation("Stop it, or take it from the queue.", status=202)},
    f"{_JOB}/resume": {
        "post": operation(
            "Go on with it where it was. minutes: 0 ends a run of a classifier with weights and scores.",
            ref("Job"),
            status=202,
            takes=object_of("", minutes=NUMBER, steps=WHOLE),
        )
    },
    f"{_JOB}/clone": {"post": operation("The same once more, from the beginning.", ref("Job"), status=201)},
    f"{_JOB}/log": {"get": operation("The end of what it has printed.", {"text/plain": {"schema": TEXT}})},
    f"{_JOB}/rows": {
        "get": operation(
            "The figures of a run: loss and so on by step.",
            object_of("rows", rows=list_of(OBJECT)),
            parameters=[query("from", WHOLE, "The first row that is wanted.")],
        )
    },
    f"{_JOB}/report": {
        "get": operation(
            "The settings of a run, and how it scores.", object_of("recipe report", recipe=OBJECT, report=OBJECT)
        )
    },
    f"{_JOB}/result": {"get": operation("What a job that looks, evaluates or classifies has found.", OBJECT)},
    f"{_JOB}/sheet": {"get": operation("The spectrograms of a contact sheet; the result says where each is.", BYTES)},
    f"{_JOB}/weights": {
        "get": operation(
            "Weights and cards of a run.",
            {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        )
    },
}
PATHS: Part = {**_DATA_SETS, **_CLASSIFIERS, **_JOBS}
