"""The audio part of an A/B study as a configuration of webMUSHRA.

Its master branch has no page for preferences, and its `paired_comparison` tells people which voice is the reference. So
both voices of a pair are rated on one `likert_multi_stimulus` page, in an order that it draws: equal ratings stand for
"they are similar".
"""

from __future__ import annotations

import html
import textwrap
from pathlib import Path
from typing import Any

from evaluation.study.definition import Study

FILE = "webmushra.yaml"
_HEAD = """\
# For webMUSHRA (github.com/audiolabs/webMUSHRA): copy this file into its configs/, and public/media into its root as
# media/. Both voices of a pair are rated; the one rated higher is preferred, equal ratings mean "they are similar".
# Stimuli are named after their methods: participants do not see that, but its result files do.
"""
_WORDS = {
    "en": ("How well does each voice fit this face?", ("not at all", "a little", "partly", "well", "very well")),
    "zh": ("每个声音与这张脸有多相配？", ("完全不配", "不太配", "一般", "比较配", "非常配")),
}


def write_webmushra(study: Study, out: Path, language: str) -> None:
    """Write the configuration of an A/B study.

    Args:
        language: of the words, 'en' or 'zh'.
    """
    import yaml

    asked, degrees = _WORDS[language]
    trials = [
        {
            "type": "likert_multi_stimulus", "id": question.id, "name": study.title[language],
            "content": f'<p><img src="{html.escape(question.picture or "")}" width="320"></p><p>{asked}</p>',
            "mustRate": True, "mustPlayback": "ended",
            "stimuli": {stimulus.method: stimulus.media for stimulus in question.stimuli},
            "response": [{"value": value, "label": label} for value, label in enumerate(degrees, start=1)],
        }
        for question in study.questions
    ]  # fmt: skip
    volume = {
        "type": "volume", "id": "volume", "name": study.title[language], "content": "", "stimulus": "media/check.wav",
        "defaultVolume": 0.5,
    }  # fmt: skip
    thanks = {"en": "Thank you.", "zh": "谢谢您的参与。"}[language]
    finish = {"type": "finish", "name": thanks, "content": thanks, "showResults": False, "writeResults": True}
    general = {
        "testname": study.title[language], "testId": study.id, "bufferSize": 2048, "stopOnErrors": True,
        "showButtonPreviousPage": False, "remoteService": "service/write.php",
    }  # fmt: skip

    def dumped(value: Any) -> str:
        return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=10000)

    # its reader loses a list that begins on the line of the list around it, as YAML libraries write them
    shuffled = "-\n" + textwrap.indent(dumped(["random", *trials]), "    ")
    text = dumped(general) + "pages:\n" + dumped([volume]) + shuffled + dumped([finish])
    out.write_text(_HEAD + text, encoding="utf-8")
