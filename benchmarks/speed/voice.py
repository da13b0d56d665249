"""The voice with the default and with paper-sized networks, by `benchmarks.voice`."""

from __future__ import annotations

from benchmarks.speed.part import Setting
from benchmarks.speed.record import Section, Table
from benchmarks.speed.script import figures

SIZES = {"weights": "default", "paper": "paper-sized, random"}


def measure(setting: Setting, section: Section) -> None:
    """Table `voice`, on one thread, as the program has it."""
    head = ["networks", "text to sound RTF", "TTS RTF", "ms a decoder step", "Griffin-Lim RTF", "motion RTF"]
    table = Table("voice", "Voice and motion, one thread", [*head, "first sentence s"])
    section.tables.append(table)
    for size, name in SIZES.items():
        repeats = ["--repeats", str(setting.repeats(5 if size == "weights" else 3))]
        found = figures("voice", ["--size", size, *repeats], setting.scratch / f"voice-{size}.json")
        section.figures.update({f"{figure}_{size}": value for figure, value in found.items()})
        table.add(
            *(name, f"{found['rtf_voice']:.3f}", f"{found['rtf_tts']:.3f}", f"{found['decoder_ms_a_step']:.2f}"),
            *(f"{found['rtf_griffin_lim']:.4f}", f"{found['rtf_motion']:.4f}"),
            f"{found['first_sentence_seconds']:.2f}",
        )
