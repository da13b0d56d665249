"""How real detectors and embeddings take the drawn persons, and how fast they are drawn.

    python -m benchmarks.drawn_faces --persons 60 --frames 4

Detectors: share of frames (up to 15 degrees of yaw, pitch and roll, half of them speaking) in which MTCNN and dlib's
HOG find the face; distance of dlib's 68 points from the truth in outer-eye distances. Embedding: dlib's 128-D, identity
verification (AUC) and ridge probes for sex and age on unseen persons. Speed: frames a second of one thread's time.
"""

from __future__ import annotations

import argparse
import time

import cv2
import dlib
import numpy as np
from facenet_pytorch import MTCNN

from anyonenet.face.detection import detect_faces
from anyonenet.face.embedding import FaceEmbedder
from anyonenet.face.landmarks import LandmarkDetector
from datamodules.mini.faces import CONTROLS, DrawnPerson, FacePainter, draw_scene, from_angles
from datamodules.mini.identity import Identity, draw_identity


def frames_of(number: int, frames: int) -> tuple[Identity, list[tuple[np.ndarray, np.ndarray]]]:
    """One person and some frames of it: (picture, landmarks)."""
    rng = np.random.default_rng([77, number])
    identity = draw_identity(f"person {number}", rng)
    person = DrawnPerson(identity)
    shots = []
    for frame in range(frames):
        painter = FacePainter(person.dressed(frame), draw_scene(rng, 224, 224, rng.uniform(0.27, 0.33)))
        controls = np.zeros(len(CONTROLS))
        controls[:2] = rng.uniform(0, 0.8) * (frame % 2)
        pose = from_angles(*np.deg2rad(rng.uniform(-15, 15, 3)))
        shots.append((painter.frame(controls, pose), painter.landmarks(controls, pose)))
    return identity, shots


def area_under_curve(positive: np.ndarray, negative: np.ndarray) -> float:
    ranks = np.argsort(np.argsort(np.concatenate([positive, negative]))) + 1
    count = len(positive)
    return float((ranks[:count].sum() - count * (count + 1) / 2) / (count * len(negative)))


def ridge(inputs: np.ndarray, targets: np.ndarray, others: np.ndarray) -> np.ndarray:
    mean, middle = inputs.mean(0), targets.mean()
    centred = inputs - mean
    weights = np.linalg.solve(centred.T @ centred + 0.3 * np.eye(inputs.shape[1]), centred.T @ (targets - middle))
    return (others - mean) @ weights + middle


def speed(side: int) -> float:
    rng = np.random.default_rng(0)
    painter = FacePainter(DrawnPerson(draw_identity("someone", rng)), draw_scene(rng, side, side))
    controls, pose = np.zeros(len(CONTROLS)), from_angles(0.1, 0.05, 0.0)
    painter.frame(controls, pose)
    start = time.process_time()
    for _ in range(60):
        painter.frame(controls, pose)
    return 60 / (time.process_time() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description="Detectors, embeddings and speed on drawn persons.")
    parser.add_argument("--persons", type=int, default=60)
    parser.add_argument("--frames", type=int, default=4, help="frames a person")
    values = parser.parse_args()
    cv2.setNumThreads(1)
    mtcnn, hog, detector = MTCNN(keep_all=True, device="cpu"), dlib.get_frontal_face_detector(), LandmarkDetector()
    embedder = FaceEmbedder()
    total = by_mtcnn = by_hog = 0
    errors, embeddings, owners, identities = [], [], [], []
    for number in range(values.persons):
        identity, shots = frames_of(number, values.frames)
        identities.append(identity)
        for picture, truth in shots:
            total += 1
            boxes, _ = mtcnn.detect(picture)
            by_mtcnn += boxes is not None
            by_hog += len(hog(picture, 1)) > 0
            faces = detect_faces(picture)
            if faces:
                found = detector(picture, faces[0])
                unit = np.linalg.norm(truth[45] - truth[36])
                errors.append(np.linalg.norm((found - truth)[:, :2], axis=1).mean() / unit)
                embeddings.append(embedder(picture, found))
                owners.append(number)
    vectors, owner = np.array(embeddings), np.array(owners)
    distance = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
    pairs = np.triu_indices(len(vectors), 1)
    same = (owner[:, None] == owner[None])[pairs]
    sex = np.array([1.0 if identities[k].sex == "m" else -1.0 for k in owner])
    age = np.array([identities[k].age for k in owner])
    seen = owner % 3 != 0
    print(f"MTCNN finds {by_mtcnn / total:.1%}, dlib's HOG {by_hog / total:.1%} of {total} frames")
    print(f"dlib's 68 points: {np.mean(errors):.3f} outer-eye distances from the truth")
    print(f"verification AUC {area_under_curve(-distance[pairs][same], -distance[pairs][~same]):.3f}")
    right = np.sign(ridge(vectors[seen], sex[seen], vectors[~seen])) == sex[~seen]
    correlation = np.corrcoef(ridge(vectors[seen], age[seen], vectors[~seen]), age[~seen])[0, 1]
    print(f"unseen persons: sex {right.mean():.1%}, age r {correlation:.2f}")
    print(f"frames a second: {speed(160):.0f} at 160x160, {speed(224):.0f} at 224x224")


if __name__ == "__main__":
    main()
