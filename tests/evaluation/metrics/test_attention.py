import pytest

from anyonenet.metrics.alignment import AttentionReport
from evaluation.metrics.attention import FLAWS, AttentionFailureRate, attention_failure_rate

REPORTS = [
    AttentionReport(False, (), False, False),
    AttentionReport(True, (3, 4), False, False),
    AttentionReport(False, (), True, False),
    AttentionReport(False, (1,), False, True),
]


@pytest.mark.parametrize(
    ("flaw", "failed"), [("any", 3), ("no_stop", 1), ("skipped", 2), ("repeated", 1), ("wrong_length", 1)]
)
def test_each_flaw_is_counted(flaw, failed):
    assert flaw in FLAWS
    assert attention_failure_rate(REPORTS, flaw) == failed / 4
    metric = AttentionFailureRate(flaw)
    metric.update(REPORTS[:1])
    metric.update(REPORTS[1:])
    assert float(metric.compute()) == pytest.approx(failed / 4)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="flaw is 'slow'; choose one of 'any', 'no_stop'"):
        AttentionFailureRate("slow")
    with pytest.raises(ValueError, match="no syntheses"):
        attention_failure_rate([])
