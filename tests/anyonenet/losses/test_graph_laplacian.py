import torch

from anyonenet.losses.graph_laplacian import landmark_and_laplacian, laplacian


def test_laplacian_is_a_points_way_from_the_middle_of_its_neighbours():
    points = torch.randn(68, 3)
    bent = laplacian() @ points
    torch.testing.assert_close(bent[3], points[3] - (points[2] + points[4]) / 2)
    torch.testing.assert_close(bent[0], points[0] - points[1])  # the jaw has ends
    torch.testing.assert_close(bent[36], points[36] - (points[37] + points[41]) / 2)  # the eye has none
    torch.testing.assert_close(bent[60], points[60] - (points[61] + points[67]) / 2)
    torch.testing.assert_close(bent[33], points[33] - (points[30] + points[32] + points[34]) / 3)
    # every row sums to zero: a face that is moved as a whole keeps its coordinates
    torch.testing.assert_close(laplacian().sum(1), torch.zeros(68))


def test_losses_count_frames_not_padding():
    target = torch.zeros(1, 3, 68, 3)
    said = target.clone()
    said[0, 0, 50, 1] = 1.0  # a lip point of a frame that counts
    said[0, 2] = 7.0
    mask = torch.tensor([[True, True, False]])
    landmarks, bent = landmark_and_laplacian(said, target, mask)
    assert landmarks == 0.5
    torch.testing.assert_close(bent, torch.tensor((1 + 2 * 0.25) / 2))
    assert landmark_and_laplacian(said, target, mask, lip_weight=3.0)[0] == 1.5
    moved, same = landmark_and_laplacian(target + 2.0, target, mask)
    assert moved > 0 and same < 1e-9
