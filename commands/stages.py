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
    "makeittalk_content": Stage(
        "MakeItTalk: speech to what is said",
        "lightning_modules.makeittalk_content.ContentModule",
        "evaluation.makeittalk_content",
    ),
    "makeittalk_speech": Stage(
        "MakeItTalk: what is said to moving lips",
        "lightning_modules.makeittalk_speech.SpeechContentModule",
        "evaluation.makeittalk_speech",
    ),
    "makeittalk_speaker": Stage(
        "MakeItTalk: who says it to a moving head",
        "lightning_modules.makeittalk_speaker.SpeakerAwareModule",
        "evaluation.makeittalk_speaker",
    ),
    "atvgnet_landmarks": Stage(
        "sound and face to landmarks in PCA coordinates (ATVGnet's AT-net)",
        "lightning_modules.atvgnet_landmarks.ATVGnetLandmarksModule",
        "evaluation.atvgnet_landmarks",
    ),
    "atvgnet_frames": Stage(
        "photo and landmarks to frames (ATVGnet's VG-net)",
        "lightning_modules.atvgnet_frames.ATVGnetFramesModule",
        "evaluation.atvgnet_frames",
    ),
    "write_a_speaker_mouth": Stage(
        "phonemes to the motion of the mouth (Write-a-Speaker)",
        "lightning_modules.write_a_speaker.MouthModule",
        "evaluation.write_a_speaker_mouth",
    ),
    "write_a_speaker_upper": Stage(
        "words and an emotion to the motion of the upper face (Write-a-Speaker)",
        "lightning_modules.write_a_speaker.UpperFaceModule",
        "evaluation.write_a_speaker_upper",
    ),
    "write_a_speaker_head": Stage(
        "words to the motion of the head (Write-a-Speaker)",
        "lightning_modules.write_a_speaker.HeadModule",
        "evaluation.write_a_speaker_head",
    ),
    "write_a_speaker_frames": Stage(
        "sketches of a window of frames and a photo to a frame (Write-a-Speaker's video generator)",
        "lightning_modules.write_a_speaker_frames.SpaceTimeModule",
        "evaluation.write_a_speaker_frames",
    ),
    "speech2vid": Stage(
        "MFCC and stills to the lower face (Speech2Vid)",
        "lightning_modules.speech2vid.Speech2VidModule",
        "evaluation.speech2vid",
    ),
    "speech2vid_deblur": Stage(
        "blurred faces to sharp ones (Speech2Vid)",
        "lightning_modules.face_sharpener.FaceSharpenerModule",
        "evaluation.face_sharpener",
    ),
    "own_landmarks": Stage(
        "mel and face to moving landmarks and a sampled head pose (own model)",
        "lightning_modules.own_landmarks.OwnLandmarksModule",
        "evaluation.own_landmarks",
    ),
    "vocoder": Stage("mel to sound", "lightning_modules.vocoder.VocoderModule", "evaluation.vocoder"),
}

VIDEO = "evaluation.video"
"""measures whole videos, made with the weights of all stages"""

SYSTEMS = {"makeittalk": "evaluation.makeittalk"}
"""measure a whole system by the tables of its paper"""

SHORT = {"speaker": "speaker_encoder", "face": "face_encoder"}
"""other names of stages"""
