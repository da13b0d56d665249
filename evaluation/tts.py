"""How good the exported TTS is: failures, spectral distance, intelligibility and voice, on sentences never trained on.

Half of the sentences are spoken with voices of speakers never trained on. Speech is judged as it is heard: the mel is
turned into a waveform (Griffin-Lim) and that is analysed again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from anyonenet.audio.mel import MelSettings
from anyonenet.errors import CorpusError, WeightsError
from anyonenet.metrics.alignment import AttentionReport, report
from anyonenet.text.symbols import SYMBOLS
from anyonenet.weights import load_weights
from datamodules.mixing import JoinedStores
from datamodules.tts import VoiceStores, mean_embedding, tts_stores, voices_of
from datamodules.tts_splits import tts_splits
from evaluation.bootstrap import Figure, mean_of, ratio_of, share_of
from evaluation.measurement import Measurement, corpus_in_words
from evaluation.metrics.speech import mel_cepstral_distance
from evaluation.metrics.transcription import edit_distance
from evaluation.phoneme_recogniser import PhonemeRecogniser, spoken
from evaluation.recogniser_training import padded
from evaluation.recogniser_training import recogniser as phoneme_recogniser
from evaluation.recognisers import recogniser_of
from evaluation.tts_sounds import Spoken, as_heard, sound_figures

CORPORA = ("vctk", "aishell3")
TOGETHER = 10
"""sentences synthesised in one batch"""


def evaluate(
    weights: Path,
    root: Path,
    features: Path,
    sentences: int = 100,
    listened: int = 1000,
    recogniser_steps: int = 2000,
    seed: int = 0,
    judge: Path | None = None,
    recogniser: str | None = None,
) -> Measurement:
    """Measure `weights/tts`.

    Args:
        weights: folder of the exported stages; the speaker encoder is needed too.
        root: folder of the corpora VCTK and AISHELL-3.
        features: folder of the feature stores.
        sentences: at most so many, each with a text of its own; half of them of unseen speakers.
        listened: at most so many recordings of sentences never trained on are spoken for the phoneme recogniser, half
            of them of unseen speakers: it errs so seldom that a hundred sentences say little.
        recogniser_steps: of the phoneme recogniser's training, where it has to be trained.
        seed: of the synthesis.
        judge: folder of the phoneme recogniser; None: `weights/phoneme_recogniser`. Where there is none it is trained
            on the true recordings and kept there.
        recogniser: of words, for `cer` and `wer` of the `sentences`: 'package.module:callable' or a command line with
            {wav}, see `evaluation.recognisers.recogniser_of`.

    Returns:
        Figures by name; `_seen` and `_unseen` say whether the speakers were trained on.
        `failures` (of `sentences`), `mcd` and `mcd_wrong` (dB, to the true and to another recording of the same
        speaker), `mcd_share` (their quotient), `per_true`, `per_synthesised` and `per_ratio` (of the `listened`),
        `cosine_target`, `beats_others` (share of pairs of a sentence and another speaker of the language in which the
        target is nearer), `nearest_is_target` (share of sentences), `length_ratio` (synthesised to true duration);
        beside the true recordings `f0_cents`, `voicing_error` and `sex_by_pitch` (share whose median F0 is of the
        speaker's sex), each also `_copy` for the recordings through Griffin-Lim alone; `cer`, `wer` and the same of
        the true recordings as `cer_true`, `wer_true`.
        Intervals are over sentences; recordings of one sentence by several speakers are drawn together.

    Raises:
        WeightsError: no usable weights.
        InputError: the recogniser cannot be used.
        CorpusError: a corpus is missing.
    """
    listen = None if recogniser is None else recogniser_of(recogniser)
    network, card = load_weights(weights / "tts", "tts")
    if card.symbols != SYMBOLS:
        raise WeightsError(f"{weights / 'tts'} was trained with another symbol table; train and export it again")
    speech, speakers = tts_stores(features, root, list(CORPORA), weights / "speaker_encoder", card.mel)
    splits = tts_splits(speech.manifest)
    if not splits["test_seen"] and not splits["test_unseen"]:
        raise CorpusError(f"no sentence of {', '.join(CORPORA)} in {root} is held back for tests; add recordings")
    listener = phoneme_recogniser(judge or weights / "phoneme_recogniser", speech, splits, recogniser_steps)
    voices = Voices(speech, speakers, splits)
    encoder, _ = load_weights(weights / "speaker_encoder", "speaker_encoder")
    figures: dict[str, Figure] = {}
    values: dict[str, list[np.ndarray]] = {}
    notes: list[str] = []
    for kind in ("seen", "unseen"):
        rows = balanced(speech, splits[f"test_{kind}"], sentences // 2)
        said = synthesise(network, speech, rows, voices, card.mel, seed, sounds=True)
        of_kind = spectral_values(said, speech, card.mel) | voices.compare(encoder, said)
        figures |= {f"{name}_{kind}": figure for name, figure in sentence_figures(of_kind).items()}
        for name, of_sentences in of_kind.items():
            values.setdefault(name, []).append(of_sentences)
        found, lacking = sound_figures(said, speech, root, card.mel, listen)
        figures |= {f"{name}_{kind}": figure for name, figure in found.items()}
        notes += [line for line in lacking if line not in notes]
        others = [row for row in held_back(speech, splits, kind == "unseen") if row not in set(rows)]
        others = balanced(speech, others, listened // 2 - len(said))
        said += synthesise(network, speech, others, voices, card.mel, seed + 1)
        figures |= {f"{name}_{kind}": figure for name, figure in intelligibility(listener, said, speech).items()}
    together = sentence_figures({name: np.concatenate(parts) for name, parts in values.items()})
    figures |= {name: together[name] for name in ("failures", "mcd_share", "beats_others")}
    return Measurement(corpus_in_words(root, CORPORA, "sentences never trained on"), figures, tuple(notes))


def synthesise(
    network: torch.nn.Module,
    speech: JoinedStores,
    rows: list[int],
    voices: Voices,
    settings: MelSettings,
    seed: int,
    sounds: bool = False,
) -> list[Spoken]:
    """Speak the sentences of some rows with the voices of their speakers; with `sounds` the waveforms are kept."""
    said = []
    for row, mel, attention in _spoken_mels(network, speech, rows, voices, seed):
        waveform, heard = as_heard(torch.from_numpy(mel), settings)
        said.append(Spoken(row, waveform if sounds else waveform[:0], heard, attention, len(mel)))
    return said


def tts_mels(
    network: torch.nn.Module, speech: JoinedStores, rows: list[int], voices: Voices, seed: int
) -> list[np.ndarray]:
    """`(T, bands)` of each row as the TTS says it, before any vocoder."""
    found = {row: mel for row, mel, _ in _spoken_mels(network, speech, rows, voices, seed)}
    return [found[row] for row in rows]


def _spoken_mels(
    network: torch.nn.Module, speech: JoinedStores, rows: list[int], voices: Voices, seed: int
) -> Iterator[tuple[int, np.ndarray, AttentionReport]]:
    """Row, mel and attention of each, short sentences first."""
    order = sorted(rows, key=lambda row: len(speech.array("symbols", row)))
    for number, begin in enumerate(tqdm(range(0, len(order), TOGETHER), desc="synthesis", unit="batch")):
        part = order[begin : begin + TOGETHER]
        lengths = torch.tensor([len(speech.array("symbols", row)) for row in part])
        symbols = torch.zeros(len(part), int(lengths.max()), dtype=torch.int64)
        for line, row in zip(symbols, part):
            line[: len(speech.array("symbols", row))] = torch.from_numpy(speech.array("symbols", row).astype(np.int64))
        embeddings = torch.from_numpy(np.stack([voices.of(row) for row in part]))
        limit = 2 * int(max(len(speech.array("mel", row)) for row in part)) + 80
        generator = torch.Generator().manual_seed(seed * 100_003 + number)
        result = network.generate(symbols, lengths, embeddings, limit, generator)  # type: ignore[operator]
        factor = int(network.reduction_factor)  # type: ignore[arg-type]
        for place, row in enumerate(part):
            frames = int(result.lengths[place])
            alignment = result.alignments[place, : -(-frames // factor), : lengths[place]].numpy()
            attention = report(alignment, bool(result.stopped[place]), frames, len(speech.array("mel", row)))
            yield row, result.mels[place, :frames].numpy(), attention


def spectral_values(said: list[Spoken], speech: JoinedStores, settings: MelSettings) -> dict[str, np.ndarray]:
    """Failures, durations, and mel-cepstral distances to the right and to a wrong recording of the same speaker.

    `(sentences,)` each.
    """
    names = speech.manifest["corpus"] + "/" + speech.manifest["speaker"]
    texts = speech.manifest["text"]
    right, wrong = [], []
    for item in said:
        others = [int(row) for row in np.flatnonzero(names == names[item.row]) if texts[row] != texts[item.row]]
        right.append(mel_cepstral_distance(item.mel, speech.array("mel", item.row), settings))
        wrong.append(float("nan"))  # of a speaker with a single text
        if others:
            length = len(speech.array("mel", item.row))
            other = min(others, key=lambda row: abs(len(speech.array("mel", row)) - length))  # not told by its length
            wrong[-1] = mel_cepstral_distance(item.mel, speech.array("mel", other), settings)
    return {
        "failed": np.array([item.attention.failed for item in said], dtype=np.float64),
        "length_ratio": np.array([item.frames / len(speech.array("mel", item.row)) for item in said]),
        "mcd": np.array(right),
        "mcd_wrong": np.array(wrong),
    }


def sentence_figures(values: dict[str, np.ndarray]) -> dict[str, Figure]:
    """The figures of what `spectral_values` and `Voices.compare` give for sentences of different texts."""
    of = "sentences"
    failed, count = share_of(values["failed"], of), len(values["failed"])
    figures = {"failures": Figure(failed.value * count, failed.low * count, failed.high * count, failed.items, of)}
    figures |= {name: mean_of(values[name], of) for name in ("length_ratio", "mcd", "mcd_wrong")}
    figures["mcd_share"] = ratio_of(values["mcd"], values["mcd_wrong"], of)
    figures |= {name: mean_of(values[name], of) for name in ("cosine_target", "beats_others")}
    return figures | {"nearest_is_target": share_of(values["nearest_is_target"], of)}


def intelligibility(listener: PhonemeRecogniser, said: list[Spoken], speech: JoinedStores) -> dict[str, Figure]:
    """Phoneme error rates of the true recordings and of the synthesised ones."""
    references = [spoken(speech.array("symbols", item.row)) for item in said]
    true = _heard(listener, [speech.array("mel", item.row) for item in said])
    synthesised = _heard(listener, [item.mel for item in said])
    texts = speech.manifest["language"] + "/" + speech.manifest["text"]
    sentences, symbols = texts[[item.row for item in said]].to_list(), [len(reference) for reference in references]
    errors = {
        name: [edit_distance(reference, heard) for reference, heard in zip(references, all_heard, strict=True)]
        for name, all_heard in (("true", true), ("synthesised", synthesised))
    }
    return {
        "listened": Figure(len(said)),
        "per_true": ratio_of(errors["true"], symbols, "sentences", sentences),
        "per_synthesised": ratio_of(errors["synthesised"], symbols, "sentences", sentences),
        "per_ratio": ratio_of(errors["synthesised"], errors["true"], "sentences", sentences),
    }


class Voices:
    """The speakers of the store as the speaker encoder hears them.

    A speaker's embedding is the mean over its utterances outside of the tests; for unseen speakers all of these are
    recordings that nothing was trained on.
    """

    def __init__(self, speech: JoinedStores, speakers: VoiceStores, splits: dict[str, list[int]]):
        manifest = speech.manifest
        self.names = (manifest["corpus"] + "/" + manifest["speaker"]).to_numpy()
        self.languages = manifest["language"].to_numpy()
        tested = set(splits["test_seen"]) | set(splits["test_unseen"])
        self.means: dict[str, np.ndarray] = {}
        self.language_of: dict[str, str] = {}
        for name, items in voices_of(speakers, tested).items():
            self.means[name] = mean_embedding(speakers, items)
            self.language_of[name] = str(self.languages[np.flatnonzero(self.names == name)[0]])

    def of(self, row: int) -> np.ndarray:
        """`(1024,)` float32: the voice of a row's speaker."""
        return self.means[self.names[row]]

    def compare(self, encoder: torch.nn.Module, said: list[Spoken]) -> dict[str, np.ndarray]:
        """Whether the synthesised voices are nearer to their targets than to the language's other speakers.

        `(sentences,)` each.
        """
        targets, beaten, nearest = [], [], []
        for item in said:
            mels, lengths = padded([item.mel])
            with torch.inference_mode():
                embedding = encoder(mels, lengths)[0].numpy()
            target = self.names[item.row]
            cosine = float(embedding @ self.means[target])
            others = np.array(
                [
                    embedding @ mean
                    for name, mean in self.means.items()
                    if name != target and self.language_of[name] == self.languages[item.row]
                ]
            )
            targets.append(cosine)
            beaten.append(float((others < cosine).mean()))
            nearest.append(float((others < cosine).all()))
        return {
            "cosine_target": np.array(targets),
            "beats_others": np.array(beaten),
            "nearest_is_target": np.array(nearest),
        }


def held_back(speech: JoinedStores, splits: dict[str, list[int]], unseen: bool) -> list[int]:
    """Every recording of a sentence that was never trained on, by speakers that were trained on or by the others."""
    manifest = speech.manifest
    names = manifest["corpus"] + "/" + manifest["speaker"]
    texts = manifest["language"] + "/" + manifest["text"]
    known, trained = names.isin(set(names[splits["train"]])), texts.isin(set(texts[splits["train"]]))
    return [int(row) for row in np.flatnonzero(~trained & (known != unseen))]


def balanced(speech: JoinedStores, rows: Sequence[int], count: int) -> list[int]:
    """At most `count` rows (none where it is below 1), the languages in turn, in the order given."""
    languages = speech.manifest["language"]
    groups = [[row for row in rows if languages[row] == language] for language in sorted(set(languages[list(rows)]))]
    longest = max(map(len, groups), default=0)
    turns = [group[place] for place in range(longest) for group in groups if place < len(group)]
    return turns[: max(0, count)]


def _heard(listener: PhonemeRecogniser, mels: list[np.ndarray]) -> list[list[int]]:
    return [listener.recognise(*padded([mel]))[0] for mel in mels]
