"""What the stages show, drawn from numbers whose pictures are known."""

from __future__ import annotations

import numpy as np

from anyonenet.audio.mel import MelSettings
from anyonenet.face.template import frontal_template
from lightning_modules.logging.shown.matching import MatchedFaces
from lightning_modules.logging.shown.motion import SIZE, MovingFace
from lightning_modules.logging.shown.pictures import HEADER, TranslatedPictures
from lightning_modules.logging.shown.sounds import CopiedSounds
from lightning_modules.logging.shown.speech import SpokenItems
from lightning_modules.logging.shown.voices import TriedVoices

RNG = np.random.default_rng(0)


def inked(pixels: np.ndarray) -> float:
    """Share of the pixels that are not white."""
    return float((pixels < 250).any(-1).mean())


def test_speech_is_seen_and_heard():
    mel = np.full((40, 80), MelSettings().silence, np.float32)
    mel[:, 20] = 1.0
    items = SpokenItems([np.eye(20, 10)] * 3, [mel] * 3, [mel[:30]] * 3, [True, False, True])
    media = {medium.name: medium for medium in items.media()}
    assert set(media) == {"speech", "said_1", "recording_1", "said_2", "recording_2"}
    assert inked(media["speech"].pixels) > 0.3
    sound = media["said_1"].waveform
    assert (
        len(sound) == 40 * MelSettings().hop_samples and np.abs(sound).max() > 0.001 and media["said_1"].rate == 16000
    )


def test_copies_of_sounds_are_seen_and_heard_beside_the_recordings():
    tone = np.sin(np.arange(4000) / 4).astype(np.float32)
    shown = {medium.name: medium for medium in CopiedSounds([tone, 0 * tone], [tone, tone], 16000).media()}
    assert set(shown) == {"sounds", "copied_1", "recording_1", "copied_2", "recording_2"}
    assert shown["copied_1"].rate == 16000 and np.array_equal(shown["copied_1"].waveform, tone)
    pixels = shown["sounds"].pixels.astype(int)
    left, right = np.array_split(pixels[: len(pixels) // 2], 2, axis=1)
    loud = [int((half[..., 0] > half[..., 2] + 40).sum()) for half in (left, right)]  # orange to yellow
    assert inked(shown["sounds"].pixels) > 0.3 and loud[0] > 100 and loud[1] == 0  # silence shows no tone


def test_nothing_said_is_no_error():
    items = SpokenItems([np.zeros((0, 4))], [np.zeros((0, 80), np.float32)], [np.zeros((8, 80), np.float32)], [True])
    assert [medium.name for medium in items.media()] == ["speech", "recording_1"]


def test_a_moving_face_beside_the_true_one():
    true = np.repeat(frontal_template()[None, :, :2], 160, 0).astype(np.float32)
    true[::2, 60:68, 1] += 0.1
    sheet, video = MovingFace(true.copy(), true, np.full((160, 80), MelSettings().silence, np.float32)).media()
    assert sheet.kind == "picture" and inked(sheet.pixels) > 0.01
    assert video.pixels.shape == (40, SIZE, 2 * SIZE, 3) and len(video.waveform) == 2 * 16000
    left, right = video.pixels[:, 24:, :SIZE], video.pixels[:, 24:, SIZE:]  # below the names
    assert np.array_equal(left, right) and inked(left) > 0.005


def test_pictures_stand_in_rows():
    values = np.stack([np.full((2, 3, 8, 8), value, np.float32) for value in (-1.0, 0.0, 3.0, 1.0)])
    (medium,) = TranslatedPictures(*values).media()
    assert medium.pixels.shape == (HEADER + 16, 32, 3)
    assert [int(value) for value in medium.pixels[HEADER + 4, 4::8, 0]] == [0, 128, 255, 255]


def test_voices_and_their_matrix():
    speakers = np.repeat(np.arange(12), 10)
    embeddings = np.eye(12)[speakers] + 0.02 * RNG.standard_normal((120, 12))
    (medium,) = TriedVoices(embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True), speakers).media()
    assert medium.kind == "picture" and inked(medium.pixels) > 0.2


def test_faces_and_who_they_are_taken_for():
    similarity = np.array([[0.9, 0.1, 0.0], [0.2, 0.3, 0.8], [0.1, 0.2, 0.7]])
    picture, table = MatchedFaces(similarity, np.array([3, 4, 5]), np.array([0, 1, -1])).media()
    assert inked(picture.pixels) > 0.2
    assert table.columns[3:] == ["cosine with own voice", "median rank", "most often taken for"]
    assert table.rows == [[3, "f", 1, 0.9, 1.0, 3], [4, "m", 1, 0.3, 2.0, 5], [5, "?", 1, 0.7, 1.0, 5]]


def test_the_matrix_is_sorted_by_sex_and_person():
    persons, sexes = np.array([7, 3, 5, 3]), np.array([1, 0, -1, 1])
    assert MatchedFaces(np.zeros((4, 4)), persons, sexes).order().tolist() == [2, 1, 3, 0]
    many = MatchedFaces(np.zeros((300, 300)), np.arange(300), np.zeros(300)).order()
    assert len(many) == 80 and many[0] == 0 and many[-1] == 299
