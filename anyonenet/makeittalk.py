"""MakeItTalk's parts put together: mel and one face -> moving landmarks and head orientations (sections 3.1 and 3.2).

It is called as `LandmarkPredictor` is, so whatever measures that one measures this one too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from anyonenet.audio.mel_rate import at_frame_rate
from anyonenet.content_codes import STAGE, ContentCodes
from anyonenet.errors import InputError, WeightsError
from anyonenet.face.posed import lifted, posed, turned
from anyonenet.face.registration import register
from anyonenet.networks.speaker_aware import SpeakerAwareBranch
from anyonenet.networks.speech_content import SpeechContentBranch
from anyonenet.types import LandmarkMotion
from anyonenet.weights import load_weights

VARIANTS = ("full", "no_speaker", "no_content")
"""both branches, and each alone: 'Ours (full)', '(no speaker ID)' and '(no content)' of the paper's Tables 2 and 3; its
'(random ID)' is 'full' with another `identity`"""


class SpeakerVoices:
    """The project's speaker encoder over mels of any frame rate.

    Args:
        folder: of its exported weights.
        device: where it runs.

    Raises:
        WeightsError: missing, corrupt, or of another stage.
    """

    def __init__(self, folder: Path, device: torch.device | str = "cpu"):
        self._network, card = load_weights(Path(folder), "speaker_encoder", device)
        self._rate = card.mel.frame_rate

    @torch.no_grad()
    def __call__(self, mels: Tensor, lengths: Tensor, rate: float) -> Tensor:
        """`(B, T, bands)`, `(B,)` frames at `rate` a second -> `(B, 1024)` unit vectors."""
        found = []
        for mel, length in zip(mels, lengths.tolist(), strict=True):
            heard = at_frame_rate(mel[:length], rate, self._rate)
            found.append(self._network(heard[None], torch.tensor([len(heard)], device=mels.device))[0])
        return torch.stack(found)


class MakeItTalk:
    """The branches over one content encoder.

    Args:
        codes: the content encoder.
        speech: the speech-content branch; None leaves it out.
        speaker: the speaker-aware branch; None leaves it out, and the head as the photograph holds it.
        voices: hears who speaks, where the caller does not say.

    Raises:
        InputError: neither branch.
    """

    def __init__(
        self,
        codes: ContentCodes,
        speech: SpeechContentBranch | None,
        speaker: SpeakerAwareBranch | None,
        voices: SpeakerVoices | None = None,
    ):
        if speech is None and speaker is None:
            raise InputError("MakeItTalk without either branch says nothing; give one")
        self.codes, self.speech, self.speaker, self.voices = codes, speech, speaker, voices
        branch = speech if speech is not None else speaker
        self.device = next(branch.parameters()).device  # type: ignore[union-attr]

    @classmethod
    def load(
        cls,
        weights: Path,
        variant: str = "full",
        device: torch.device | str = "cpu",
        speech: Path | None = None,
        speaker: Path | None = None,
    ) -> MakeItTalk:
        """Read exported weights.

        Args:
            weights: folder that holds `makeittalk_content`, `makeittalk_speech`, `makeittalk_speaker` (those that the
                variant needs) and `speaker_encoder`.
            variant: one of `VARIANTS`.
            device: where the networks run.
            speech: the speech-content branch, where it is elsewhere.
            speaker: the speaker-aware branch, where it is elsewhere: for 'no_content' one that was trained alone, see
                docs/systems/makeittalk.md.

        Raises:
            InputError: no such variant.
            WeightsError: missing, corrupt, of another stage, or parts that were not trained with each other.
        """
        if variant not in VARIANTS:
            raise InputError(f"'{variant}' is no variant of MakeItTalk; choose {', '.join(VARIANTS)}")
        weights = Path(weights)
        codes: ContentCodes | None = None
        found: dict[str, Any] = {}
        said = speech or weights / "makeittalk_speech"
        held = speaker or weights / "makeittalk_speaker"
        wanted = [(said, "makeittalk_speech", "no_content"), (held, "makeittalk_speaker", "no_speaker")]
        cards = {}
        for folder, stage, without in wanted:
            if variant == without:
                continue
            network, card = load_weights(folder, stage, device)
            trained_with = card.extra.get("content_sha256", "")
            codes = codes or ContentCodes(weights / STAGE if trained_with else None, device)
            codes.check(trained_with, network.content_size, f"the branch in {folder}")  # type: ignore[arg-type]
            if not trained_with:
                codes.mel = card.mel
            found[stage], cards[stage] = network, card
        if (
            variant == "full"
            and cards["makeittalk_speaker"].extra.get("speech_sha256") != cards["makeittalk_speech"].sha256
        ):
            raise WeightsError(
                f"the speaker-aware branch in {held} was trained with another speech-content branch than {said}, or "
                "with none; train it again"
            )
        assert codes is not None
        voices = SpeakerVoices(weights / "speaker_encoder", device)
        return cls(codes, found.get("makeittalk_speech"), found.get("makeittalk_speaker"), voices)

    @torch.no_grad()
    def __call__(
        self,
        mels: Tensor,
        base_landmarks: Tensor,
        base_quaternions: Tensor,
        lengths: Tensor | None = None,
        speakers: Tensor | None = None,
        identity: Tensor | None = None,
    ) -> LandmarkMotion:
        """Motion for each mel frame.

        Args:
            mels: `(B, T, bands)` standardised log-mel at the content encoder's rate.
            base_landmarks: `(B, 68, 2)` frontal, outer-eye distances.
            base_quaternions: `(B, 4)` unit: how the photograph holds its head.
            lengths: `(B,)` int64 frames; None: all count.
            speakers: `(B, 1024)` unit embeddings of who speaks; None: heard from the mels.
            identity: `(B, 1024)` of whose manner the head takes; None: who speaks.

        Returns:
            `LandmarkMotion`: displacements of the frontal face, and absolute orientations. Frames beyond an item's
            length are zero displacement and the base orientation.
        """
        if lengths is None:
            lengths = torch.full((len(mels),), mels.shape[1], dtype=torch.int64, device=mels.device)
        if speakers is None:
            speakers = self.hear_speakers(mels, lengths)
        content = self.codes(mels, lengths, speakers)
        frontal = lifted(base_landmarks)
        batch, frames = mels.shape[:2]
        displacements = mels.new_zeros(batch, frames, 68, 3)
        if self.speech is not None:
            displacements = self.speech(content, lengths, frontal)
        quaternions = base_quaternions[:, None].expand(-1, frames, -1).clone()
        if self.speaker is not None:
            faces = posed(frontal, base_quaternions)
            whole, _ = self.speaker(content, lengths, speakers if identity is None else identity, faces)
            whole = faces[:, None] + whole + turned(displacements, base_quaternions[:, None])
            taken = [_taken_apart(*pair) for pair in zip(whole, frontal, strict=True)]
            displacements = torch.stack([one for one, _ in taken]).to(mels)
            quaternions = torch.stack([other for _, other in taken]).to(mels)
        beyond = torch.arange(frames, device=mels.device) >= lengths[:, None]
        displacements = displacements[..., :2].masked_fill(beyond[..., None, None], 0.0)
        quaternions = torch.where(beyond[..., None], base_quaternions[:, None], quaternions)
        return LandmarkMotion(displacements, quaternions)

    def hear_speakers(self, mels: Tensor, lengths: Tensor) -> Tensor:
        """Who speaks: `(B, T, bands)`, `(B,)` -> `(B, 1024)` unit vectors."""
        if self.voices is None:
            raise InputError("give the speakers' embeddings, or a speaker encoder that hears them")
        return self.voices(mels, lengths, self.codes.mel.frame_rate)


def _taken_apart(landmarks: Tensor, frontal: Tensor) -> tuple[Tensor, Tensor]:
    """What moved in the face and how the head turned: `(T, 68, 3)` as the head holds them, `(68, 3)` the frontal face
    -> displacements `(T, 68, 3)` and quaternions `(T, 4)`, float32, of one sign."""
    reference = frontal.double().cpu().numpy()
    found = register(landmarks.double().cpu().numpy(), reference=reference)
    # a fit has no memory: its signs may jump
    flips = np.where((found.quaternions[1:] * found.quaternions[:-1]).sum(-1) < 0, -1.0, 1.0)
    signs = np.cumprod(np.concatenate([[1.0], flips]))[:, None].astype(np.float32)
    moved = found.frontal - reference.astype(np.float32)
    return torch.from_numpy(moved), torch.from_numpy(found.quaternions * signs)
