"""The stages by name: which module trains each, and which function measures its exported weights."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """One stage of the system."""

    title: str
    module: str | None
    """`package.module.Class` of the LightningModule; None where a program of its own trains it"""
    evaluation: str
    """`package.module` with `evaluate(weights, root, features, ...) -> Measurement`"""


STAGES = {
    "speaker_encoder": Stage(
        "speech to speaker embedding", "lightning_modules.speaker_encoder.SpeakerEncoderModule", "evaluation.speaker"
    ),
    "face_encoder": Stage(
        "face to speaker embedding", "lightning_modules.face_encoder.FaceEncoderModule", "evaluation.face"
    ),
    "tts": Stage("phonemes and speaker embedding to mel", "lightning_modules.tts.TTSModule", "evaluation.tts"),
    "landmarks": Stage(
        "mel and face to moving landmarks", "lightning_modules.landmarks.LandmarkModule", "evaluation.landmarks"
    ),
    "images": Stage(
        "sketch and photo to frame", "lightning_modules.image_translation.ImageTranslationModule", "evaluation.images"
    ),
}

VIDEO = "evaluation.video"
"""measures whole videos, made with the weights of all stages"""

SHORT = {"speaker": "speaker_encoder", "face": "face_encoder"}
"""other names of stages"""
