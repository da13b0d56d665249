import pytest

from anyonenet.errors import InputError
from datamodules.prepare.corpora import FOLDERS, MAKERS, recipes_of


@pytest.mark.parametrize(
    ("kind", "stages"),
    [
        ("vctk", ["tts/vctk", "vocoder/vctk"]),
        ("aidatatang", ["speaker_verification/aidatatang"]),
        ("obama", ["landmarks/obama", "talking_faces/obama", "talking_clips/obama"]),
        ("animated", ["talking_faces/animated"]),
        ("speech", ["tts/mine", "speaker_verification/mine", "vocoder/mine"]),
        ("videos", ["landmarks/mine", "talking_faces/mine", "talking_clips/mine"]),
    ],
)
def test_each_kind_makes_the_stores_of_the_stages_it_serves(tmp_path, kind, stages):
    name = None if FOLDERS[kind] else "mine"
    assert [recipe.name for recipe in recipes_of(kind, tmp_path, name)] == stages


def test_own_corpora_are_named_after_their_folder(tmp_path):
    root = tmp_path / "my voices"
    root.mkdir()
    assert recipes_of("speech", root)[0].name == "tts/my voices"


def test_an_unknown_kind_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(InputError, match="unknown kind of corpus 'vctj'; known are vctk"):
        recipes_of("vctj", tmp_path)
    assert set(MAKERS) == set(FOLDERS)
