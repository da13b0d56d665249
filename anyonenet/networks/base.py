"""What every network of the project has in common: it remembers the arguments it was made with.

Exported weights store these arguments, so a folder of weights can rebuild its network without any config object.
"""

from __future__ import annotations

import inspect
from typing import Any

from torch import nn


class Network(nn.Module):
    """A `torch.nn.Module` whose constructor takes plain values (numbers, strings, booleans, lists) and keeps them.

    `network.arguments` is the complete set, defaults included; `type(network)(**network.arguments)` builds its twin.
    """

    arguments: dict[str, Any]

    def __new__(cls, *args: Any, **kwargs: Any) -> Network:
        network = super().__new__(cls)
        try:
            bound = inspect.signature(cls.__init__).bind(network, *args, **kwargs)
        except TypeError:
            # copy and pickle call `__new__` bare and restore `arguments` later; real misuse fails in `__init__`
            return network
        bound.apply_defaults()
        values = {name: value for name, value in bound.arguments.items() if name != "self"}
        object.__setattr__(network, "arguments", values)
        return network
