"""The audio part of an A/B study as a configuration of webMUSHRA (its pages `preference_test`)."""

from __future__ import annotations

import html
from pathlib import Path

from evaluation.study.definition import Study

FILE = "webmushra.yaml"
_HEAD = """\
# For webMUSHRA (github.com/audiolabs/webMUSHRA): copy this file into its configs/, and public/media into its root as
# media/. It knows no third choice in a preference test, so "they are similar" is missing there; sides are drawn by it.
# Stimuli are named after their methods: participants do not see that, but its result files do.
"""


def write_webmushra(study: Study, out: Path, language: str) -> None:
    """Write the configuration of an A/B study.

    Args:
        language: of the words, 'en' or 'zh'.
    """
    import yaml

    asked = {"en": "Which voice is more likely that of this face?", "zh": "哪个声音更可能属于这张脸？"}[language]
    trials = [
        {
            "type": "preference_test", "id": question.id, "name": study.title[language],
            "content": f'<p><img src="{html.escape(question.picture or "")}" width="320"></p><p>{asked}</p>',
            "considerOrder": False, "mustPlayback": "ended",
            "stimuli": {stimulus.method: stimulus.media for stimulus in question.stimuli},
        }
        for question in study.questions
    ]  # fmt: skip
    volume = {
        "type": "volume", "id": "volume", "name": study.title[language], "content": "", "stimulus": "media/check.wav",
        "defaultVolume": 0.5,
    }  # fmt: skip
    thanks = {"en": "Thank you.", "zh": "谢谢您的参与。"}[language]
    config = {
        "testname": study.title[language], "testId": study.id, "bufferSize": 2048, "stopOnErrors": True,
        "showButtonPreviousPage": False, "remoteService": "service/write.php",
        "pages": [
            volume,
            ["random", *trials],
            {"type": "finish", "name": thanks, "content": thanks, "showResults": False, "writeResults": True},
        ],
    }  # fmt: skip
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=110)
    out.write_text(_HEAD + text, encoding="utf-8")
