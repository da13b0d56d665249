from __future__ import annotations

import logging

import pytest

from lightning_modules.logging.quiet import LOGGER, hush


@pytest.mark.parametrize(
    ("line", "shown"),
    [("\N{ELECTRIC LIGHT BULB} Tip: For seamless cloud logging", False), ("GPU available: True", True)],
)
def test_advice_is_left_out_and_the_rest_is_not(line, shown, caplog):
    hush()
    hush()
    logger = logging.getLogger(LOGGER)
    with caplog.at_level(logging.INFO, LOGGER):
        logger.info(line)
    assert (line in caplog.messages) is shown
    assert len([one for one in logger.filters if one.__name__ == "_worth_reading"]) == 1
