"""What the compiler must not look into: what ranks say to each other cannot be compiled.

In a file of its own, imported when it is needed, as marking a function imports the compiler.
"""

from __future__ import annotations

import torch

from anyonenet.networks.batch_norm import normalise_batch

normalise = torch.compiler.disable(normalise_batch)
