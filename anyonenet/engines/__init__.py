"""Engines: the networks run by other libraries than PyTorch, exported once; see docs/ENGINES.md."""

from anyonenet.engines.choice import choose_engine, engines_found
from anyonenet.engines.images import export_images, load_image_engine
from anyonenet.engines.kinds import NAMES, usable

__all__ = ["NAMES", "choose_engine", "engines_found", "export_images", "load_image_engine", "usable"]
