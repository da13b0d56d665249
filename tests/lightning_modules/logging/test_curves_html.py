from __future__ import annotations

import json
import re

from lightning_modules.logging.curves_html import MOST_POINTS, curves_html, quantities

TABLE = [
    {"step": "0", "epoch": "0", "train/loss": "2.0", "validation/loss": "", "rate": "nan"},
    {"step": "9", "epoch": "0", "train/loss": "1.0", "validation/loss": "3.0", "rate": ""},
]


def test_training_and_validation_of_a_quantity_are_together():
    assert quantities(TABLE) == {
        "loss": {"train": [[0, 9], [2.0, 1.0]], "validation": [[9], [3.0]]},
        "rate": {"": [[0], [None]]},
    }


def test_long_curves_are_thinned_and_keep_their_end():
    table = [{"step": str(step), "train/loss": "1.0"} for step in range(3 * MOST_POINTS)]
    steps, _ = quantities(table)["loss"]["train"]
    assert len(steps) == MOST_POINTS and steps[-1] == 3 * MOST_POINTS - 1


def test_of_steps_and_epochs_the_finer_curve_is_taken():
    table = [{"step": str(step), "train/loss_epoch": "9.0" if step == 3 else "", "train/loss_step": "1.0"}
             for step in range(4)]  # fmt: skip
    assert quantities(table)["loss"]["train"][1] == [1.0] * 4


def test_the_page_holds_everything_and_loads_nothing():
    page = curves_html({"a</script>": TABLE, "b": TABLE}, "runs <of> mine", "today", 30)
    assert not re.search(r"""(src|href)\s*=|https?://(?!www\.w3\.org)|@import|fetch\(""", page)
    assert "<title>runs &lt;of> mine: curves</title>" in page and "/*" + "data*/" not in page
    told = re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)
    data = json.loads(told.group(1))
    assert [run["name"] for run in data["runs"]] == ["a</script>", "b"] and data["refresh"] == 30
