"""The table of networks: every entry can be built, and reading it loads no torch."""

import subprocess
import sys

import pytest

from mp3tomidi.train.recipe import from_mapping
from mp3tomidi.train.training import training_specs as training
from mp3tomidi.transcribe.networks import registry
from mp3tomidi.transcribe.networks.registry import ALL, spec_of

NO_DEFAULT = {"embedding_size": 8, "fact_count": 3, "class_count": 2}  # settings of AttentionPooling


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.name)
def test_an_entry_builds_its_network_from_settings(spec):
    settings = spec.settings_from(NO_DEFAULT if spec is registry.ATTENTION_POOLING else {})
    net = spec.new(settings)
    assert net.settings == settings
    assert spec_of(net) is spec is spec_of(type(net))
    for one in spec.inputs(net).values():
        assert all(axis < len(one.shape) for axis in one.varying or {})


def test_names_are_unique_and_those_of_tasks_hold_the_task():
    assert len({spec.name for spec in ALL}) == len(ALL)
    assert registry.SEGMENT_CLASSIFIER.for_task("genre").name == "classify_genre"
    assert registry.ATTENTION_POOLING.for_task("genre", "softmax").activation == "softmax"


def test_the_table_is_read_without_torch():
    code = "import sys; import mp3tomidi.transcribe.networks.registry; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_what_trains_on_mixes_goes_by_the_same_names():
    for spec in training.ALL:
        assert training.training_of(from_mapping({"name": "x", "kind": spec.network.name})) is spec
