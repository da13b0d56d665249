"""All systems on the same clips: each hears a clip's own sound, gets one frame of it as its photo, and is measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from anyonenet.audio.mel import MelSettings
from anyonenet.errors import CorpusError, FaceError, InputError
from anyonenet.render.video import read_video
from anyonenet.systems.known import SYSTEMS, known_system, missing_stages
from evaluation.figures.grid import grid_sheet, grid_video
from evaluation.seen_video import syncnet
from evaluation.systems.clips import HeldBack
from evaluation.systems.figures import Judge, head_of
from evaluation.systems.perform import Hearing, still
from evaluation.systems.records import Record, key_of
from evaluation.systems.truth import FPS, Finder, Truth, read_truth

STILL, TRUE = "still", "truth"
"""what stands beside the systems: the photo that does not move, and the clip itself"""
TITLES = {STILL: "still photo", TRUE: "truth"} | {name: known.title for name, known in SYSTEMS.items()}


@dataclass(frozen=True)
class Settings:
    """What decides the figures besides weights and clips."""

    renderer: str | None = None
    """that draws the systems that it can; None: each system's usual one"""
    seed: int = 0
    seconds: float = 3.0
    """of each clip from its start, at most"""
    size: int = 384
    """pixels of the longest side at most"""
    photo: str = "closed"
    """'closed': the frame with the most closed mouth; 'first': the first with a face"""


@dataclass
class Compared:
    """Figures by system and clip, and what is missing."""

    clips: list[HeldBack] = field(default_factory=list)
    figures: dict[str, dict[str, dict[str, float]]] = field(default_factory=lambda: defaultdict(dict))
    """system (or `STILL`, `TRUE`) -> clip -> figure -> value"""
    empty: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """system -> clips that it could not make, with the reason"""
    unusable: list[str] = field(default_factory=list)
    """clips that nobody could be measured on, with the reason"""
    notes: list[str] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)


def usable_systems(names: Sequence[str], weights: Path) -> tuple[list[str], list[str]]:
    """Those whose weights are all there, and a line for each of the others.

    Raises:
        InputError: one is not a system.
    """
    usable, left_out = [], []
    for name in dict.fromkeys(names):
        missing = missing_stages(name, weights)
        if missing:
            left_out.append(f"{known_system(name).title} left out: no weights of {', '.join(missing)} in {weights}")
        else:
            usable.append(name)
    return usable, left_out


def compare_clips(
    weights: Path,
    clips: Sequence[HeldBack],
    out: Path,
    systems: Sequence[str],
    settings: Settings | None = None,
    syncnet_weights: Path | None = None,
    device: str = "cpu",
) -> Compared:
    """Make and measure every clip with every system; what is there already is not made again.

    `out` gets a folder for each clip: a video of each system, their figures, `grid.mp4` (all side by side, the truth
    first) and `sheet.png`.

    Args:
        weights: folder that holds one folder of exported weights a stage.
        clips: to hear.
        out: folder for what is made; made if missing.
        systems: whose weights are there, see `usable_systems`.
        settings: see there.
        syncnet_weights: SyncNet's file; None: where PyTorch keeps downloads, and without it a note instead.
        device: where networks run.

    Raises:
        CorpusError: no clip can be used.
        WeightsError: weights are corrupt or of another stage.
    """
    settings = settings or Settings()
    network, notes = syncnet(syncnet_weights)
    finder, mel = Finder(), MelSettings()
    judge = Judge(finder, network)
    hearing = {name: Hearing(name, weights, settings.renderer, settings.seed, device) for name in systems}
    compared = Compared(notes=list(notes), digests={name: one.digest() for name, one in hearing.items()})
    rows = [TRUE, STILL, *systems]
    with tqdm(total=len(clips) * len(rows), desc="clips", unit="video", disable=None) as bar:
        for clip in clips:
            work = _Clip(clip, out, settings, finder, mel, network is not None)
            bar.set_postfix_str(clip.name, refresh=False)
            try:
                made = [_row(name, work, hearing, judge, compared, bar) for name in rows]
                if any(made) or not work.joined.is_file():
                    work.join(
                        [name for name in rows if name in compared.figures and clip.name in compared.figures[name]]
                    )
            except (InputError, FaceError) as error:  # of the clip itself; a system's own are in `empty`
                compared.unusable.append(f"{clip.name} left out: {error}")
                for figures in compared.figures.values():
                    figures.pop(clip.name, None)
                bar.update(len(rows) - bar.n % len(rows))
                continue
            compared.clips.append(clip)
    if not compared.clips:
        raise CorpusError(f"none of {len(clips)} clips can be used: {'; '.join(compared.unusable)}")
    return compared


class _Clip:
    """One clip, read when something has to be made of it."""

    def __init__(self, clip: HeldBack, out: Path, settings: Settings, finder: Finder, mel: MelSettings, heard: bool):
        self.clip, self.out, self.mel = clip, out, mel
        self._settings, self._finder, self._heard = settings, finder, heard
        self._truth: Truth | None = None
        self.joined = out / clip.name / "grid.mp4"

    @property
    def truth(self) -> Truth:
        if self._truth is None:
            chosen = self._settings
            self._truth = read_truth(self.clip, self._finder, self.mel, chosen.seconds, chosen.size, chosen.photo)
        return self._truth

    def key(self, digest: str) -> str:
        chosen = self._settings
        return key_of(digest, self.clip, chosen.seconds, chosen.size, chosen.photo, self._heard)

    def join(self, rows: Sequence[str]) -> None:
        """All videos of the clip side by side."""
        frames = {TITLES[name]: read_video(Record.of(self.out, self.clip, name).video).read() for name in rows}
        head = head_of(self.truth)
        heads = {title: [frame[head] for frame in shown] for title, shown in frames.items()}
        grid_sheet(heads, self.joined.with_name("sheet.png"))
        grid_video(frames, self.joined, self.truth.waveform, FPS)


def _row(name: str, work: _Clip, hearing: dict[str, Hearing], judge: Judge, compared: Compared, bar: tqdm) -> bool:
    """One system's clip; True where it was made anew."""
    record = Record.of(work.out, work.clip, name)
    key = work.key(hearing[name].digest() if name in hearing else name)
    figures = record.read(key)
    anew = figures is None
    if figures is None:
        truth = work.truth
        if name == TRUE:
            figures = judge.of_truth(truth)
            record.write_video(truth.frames, truth.waveform, made=False)
        else:
            try:
                made = still(truth) if name == STILL else hearing[name].make(truth, work.mel)
            except InputError as error:
                compared.empty[name].append(f"{work.clip.name}: {error}")
                bar.update()
                return False
            record.write_video(made.frames, truth.waveform)
            figures = judge.figures(made.frames, truth, made.performances, record.video) | made.seconds
        record.write(key, figures)
    compared.figures[name][work.clip.name] = figures
    bar.update()
    return anew
