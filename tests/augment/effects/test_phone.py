import numpy as np
import torch

from mp3tomidi.augment.effects.phone import Phone

RATE = 16000


def test_both_edges_are_where_they_were_drawn_and_steep() -> None:
    phone = Phone(RATE)
    params = phone.draw(np.random.default_rng(0), 60)
    click = torch.zeros(60, 1, RATE)
    click[..., 0] = 1.0
    spectrum_db = 20.0 * torch.fft.rfft(phone.sound(click, params)[:, 0]).abs().clamp_min(1e-7).log10().numpy()
    for clip in range(60):
        low_hz, high_hz = params.high_pass_hz[clip], params.low_pass_hz[clip]
        assert 80.0 <= low_hz <= 400.0
        assert 3000.0 <= high_hz <= 7000.0
        np.testing.assert_allclose(spectrum_db[clip, [round(low_hz), round(high_hz)]], -3.0, atol=0.3)
        assert spectrum_db[clip, round(low_hz / 2.0)] < -23.0  # fourth order: 24 dB an octave
        if high_hz < 4500.0:
            assert spectrum_db[clip, round(high_hz * 1.6)] < -15.0
        np.testing.assert_allclose(spectrum_db[clip, round(low_hz * 2.5) : round(high_hz * 0.4)], 0.0, atol=0.2)


def test_silence_and_short_stereo_clips_are_no_trouble() -> None:
    phone = Phone(RATE)
    params = phone.draw(np.random.default_rng(1), 2)
    assert not phone.sound(torch.zeros(2, 2, 300), params).any()
    x = torch.randn(2, 1, 300, generator=torch.Generator().manual_seed(0)).repeat(1, 2, 1)
    y = phone.sound(x, params)
    torch.testing.assert_close(y[:, 0], y[:, 1])
    assert torch.equal(phone.sound(x, type(params).from_dict(params.to_dict())), y)
