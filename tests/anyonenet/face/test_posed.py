import numpy as np
import torch

from anyonenet.face import quaternion
from anyonenet.face.posed import lifted, posed, rotations
from anyonenet.face.template import frontal_template
from evaluation.landmarks import placed


def test_turns_as_the_evaluation_does():
    rng = np.random.default_rng(0)
    frontal = torch.from_numpy(frontal_template()[None, :, :2] + rng.normal(0, 0.02, (4, 68, 2)))
    turned = torch.from_numpy(quaternion.from_rotation_vector(rng.normal(0, 0.2, (4, 3))))
    torch.testing.assert_close(posed(lifted(frontal), turned)[..., :2], placed(frontal, turned))
    np.testing.assert_allclose(rotations(turned).numpy(), quaternion.to_matrix(turned.numpy()), atol=1e-12)
