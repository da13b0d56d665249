"""One video to be dubbed, checked before anything slow begins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from anyonenet.dubbing.timing import LENGTHS
from anyonenet.errors import InputError
from anyonenet.request import LANGUAGES, check_output

VOICES = ("video", "face")


@dataclass(frozen=True)
class DubRequest:
    """What to make: the person in a video says something else."""

    video: Path
    out: Path
    """an .mp4 file"""
    speech: Path | None = None
    """a recording: the new sound"""
    text: str | None = None
    """or a text, spoken in `voice`"""
    language: str | None = None
    """of the text: 'en', 'zh', or None: detected sentence by sentence"""
    voice: str | None = None
    """of the text: 'video', the person's in the video's own sound; 'face', the one that the face calls for; None: the
    video's where it has sound, else the face's"""
    system: str = "anyonenet"
    renderer: str | None = None
    """None: the system's usual one"""
    length: str = "loop"
    """one of `anyonenet.dubbing.timing.LENGTHS`"""
    seed: int = 0
    watermark: bool = True
    """a visible mark on each frame"""
    credentials: bool = True
    """C2PA content credentials in the file"""

    def check(self) -> None:
        """Find the user's mistakes that can be found without reading video or weights.

        Raises:
            InputError: what is wrong and how to mend it.
        """
        if (self.speech is None) == (self.text is None):
            raise InputError("give either a recording (--speech) or a text (--text) to be said")
        if self.text is not None and not self.text.strip():
            raise InputError("the text is empty; give at least one word")
        for value, known, name in (
            (self.language, LANGUAGES, "language"),
            (self.voice, VOICES, "voice"),
            (self.length, LENGTHS, "length"),
        ):
            if value is not None and value not in known:
                raise InputError(f"{name} '{value}' is not known; choose {' or '.join(known)}")
        if self.speech is not None and (self.voice is not None or self.language is not None):
            raise InputError("voice and language are for a text; the recording has its own")
        for path, name in ((self.video, "video"), (self.speech, "recording")):
            if path is not None and not Path(path).is_file():
                what = "a folder" if Path(path).is_dir() else "not there"
                raise InputError(f"the {name} {path} is {what}; check the path")
        check_output(Path(self.out), ".mp4")
        if Path(self.out).resolve() == Path(self.video).resolve():
            raise InputError(f"the output {self.out} is the video itself; give it another name")
