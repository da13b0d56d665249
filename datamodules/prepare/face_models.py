"""The models that work on faces, loaded by the process that uses them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from anyonenet.errors import WeightsError
from anyonenet.face.embedding import FACENET_FILE, FaceEmbedder
from anyonenet.face.fan import DEPTH_FILE, FAN_FILE
from anyonenet.face.landmarks import LandmarkDetector
from anyonenet.face.models import cached_model


class FaceModels:
    """Each is loaded when it is first asked for; pickled without them, so that workers load their own.

    Args:
        landmarks: 'dlib' or 'fan'.
        embedding: 'dlib' or 'facenet'.
    """

    def __init__(self, landmarks: str = "dlib", embedding: str = "dlib"):
        self.landmarks, self.embedding = landmarks, embedding

    @property
    def search(self) -> str:
        """The face detector that goes with the landmarks: who has a GPU for 'fan' has it for MTCNN too."""
        return "mtcnn" if self.landmarks == "fan" else "dlib"

    @cached_property
    def detector(self) -> LandmarkDetector:
        return LandmarkDetector(self.landmarks)

    @cached_property
    def identifier(self) -> FaceEmbedder:
        """Tells apart the persons of a video."""
        return FaceEmbedder("dlib")

    @cached_property
    def embedder(self) -> FaceEmbedder:
        return self.identifier if self.embedding == "dlib" else FaceEmbedder(self.embedding)

    def problems(self) -> list[str]:
        """Which weights are not there and cannot be downloaded, a line each."""
        wanted = [(file, "the landmark backend 'fan'") for file in (FAN_FILE, DEPTH_FILE) if self.landmarks == "fan"]
        if self.embedding == "facenet":
            wanted.append((FACENET_FILE, "the face embedding 'facenet'"))
        problems = []
        for file, purpose in wanted:
            try:
                cached_model(file, purpose)
            except WeightsError as error:
                problems.append(str(error))
        return problems

    def __getstate__(self) -> dict[str, Any]:
        return {"landmarks": self.landmarks, "embedding": self.embedding}
