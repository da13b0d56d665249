"""espeak-ng's C library, spoken to directly: raw speech and the time of every phoneme.

The library keeps state between sentences (flutter, phase), so the same sentence would sound a little different each
time. It is therefore opened anew for every sentence, which takes two milliseconds and makes the bytes repeat. That
takes a copy of the file of one's own: what another part of the program has opened too is not closed by closing it.
"""

from __future__ import annotations

import _ctypes
import ctypes
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anyonenet.errors import AnyoneNetError

SAMPLE_RATE = 22050
"""Hz, of espeak-ng's formant synthesiser"""

_SYNCHRONOUS = 2  # audio comes to the callback before the call returns
_PHONEME_EVENTS_IPA = 1 | 2
_DONT_EXIT = 0x8000
_UTF8, _PHONEME_INPUT = 1, 0x100
_EVENT_END, _EVENT_PHONEME = 0, 7
_RATE = 1
_COPY = "libespeak-ng-own.so"


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True)
class RawSpeech:
    """What espeak said."""

    waveform: NDArray[np.float32]
    """`(samples,)` at `SAMPLE_RATE`, in [-1, 1]"""
    phonemes: tuple[tuple[str, int], ...]
    """(IPA with stress mark, first sample); a pause is ''"""


@lru_cache(maxsize=1)
def _own_library() -> tempfile.TemporaryDirectory[str]:
    """A folder with a copy of the library, removed when the process ends."""
    import espeakng_loader

    folder = tempfile.TemporaryDirectory(prefix="anyonenet-espeak-")
    shutil.copy(espeakng_loader.get_library_path(), os.path.join(folder.name, _COPY))
    return folder


def synthesise(text: str, voice_file: str, words_a_minute: int) -> RawSpeech:
    """Speak `text` with the voice that an espeak-ng voice file describes.

    Args:
        text: what to say; `[[...]]` holds espeak's own phoneme names.
        voice_file: the contents of a voice file (language, phonemes, pitch, formants …).
        words_a_minute: espeak's speaking rate, 80 to 450.

    Raises:
        AnyoneNetError: the library refused the voice or gave no sound.
    """
    import espeakng_loader

    samples: list[NDArray[np.int16]] = []
    phonemes: list[tuple[str, int]] = []

    def receive(wave: Any, count: int, events: Any) -> int:
        if wave and count > 0:
            samples.append(np.frombuffer(ctypes.string_at(wave, 2 * count), np.int16))
        at, event = 0, events[0]
        while event.type != _EVENT_END:
            if event.type == _EVENT_PHONEME:
                name = bytes(event.id.string).split(b"\0")[0].decode("utf-8", "ignore")
                phonemes.append((name, int(event.sample)))
            at += 1
            event = events[at]
        return 0

    library = ctypes.CDLL(os.path.join(_own_library().name, _COPY))
    callback = _CALLBACK(receive)
    descriptor, path = tempfile.mkstemp(prefix="espeak-voice-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(voice_file)
        rate = library.espeak_Initialize(
            _SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), _PHONEME_EVENTS_IPA | _DONT_EXIT
        )
        if rate != SAMPLE_RATE:
            raise AnyoneNetError(f"espeak-ng did not start (code {rate}); install espeakng-loader again")
        library.espeak_SetSynthCallback(callback)
        if library.espeak_ng_SetVoiceByFile(path.encode()) != 0:
            raise AnyoneNetError("espeak-ng refused the voice file; install espeakng-loader again")
        library.espeak_SetParameter(_RATE, int(np.clip(words_a_minute, 80, 450)), 0)
        data = text.encode("utf-8") + b"\0"
        library.espeak_Synth(data, ctypes.c_size_t(len(data)), 0, 0, 0, _UTF8 | _PHONEME_INPUT, None, None)
        library.espeak_Synchronize()
        library.espeak_Terminate()
    finally:
        os.unlink(path)
        _ctypes.dlclose(library._handle)
    if not samples or not any(name for name, _ in phonemes):
        raise AnyoneNetError(f"espeak-ng gave no sound for '{text[:60]}'")
    waveform = np.concatenate(samples).astype(np.float32) / np.float32(32768)
    return RawSpeech(waveform, tuple(phonemes))
