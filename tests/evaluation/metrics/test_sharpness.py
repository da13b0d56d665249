import numpy as np
import pytest
import torch

from evaluation.metrics.sharpness import CumulativeBlurProbability, cumulative_blur_probability, edge_widths


def ramp(width: int, dark: float = 0.0, bright: float = 200.0, size: int = 64) -> np.ndarray:
    """Grey levels `(size, size)`: an edge in the middle that takes `width` steps."""
    row = np.interp(np.arange(size), [size // 2, size // 2 + width], [dark, bright])
    return np.tile(row.round(), (size, 1))


def picture(grey: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(grey / 127.5 - 1).float().expand(1, 3, -1, -1)


def slow_widths(grey: np.ndarray) -> np.ndarray:
    """The same by walking from each edge, pixel by pixel."""
    height, width = grey.shape
    kernel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    around = np.pad(grey, 1, mode="symmetric")
    gradient = np.zeros((2, height, width))
    for y in range(height):
        for x in range(width):
            patch = around[y : y + 3, x : x + 3]
            gradient[:, y, x] = (patch * kernel).sum(), (patch * kernel.T).sum()
    power = gradient[0] ** 2
    found = np.zeros((height, width), dtype=int)
    for y in range(height):
        for x in range(width):
            beside = [power[y, x - 1] if x else -1, power[y, x + 1] if x < width - 1 else -1]
            angle = np.degrees(np.arctan2(abs(gradient[1, y, x]), abs(gradient[0, y, x])))
            if power[y, x] > max(4 * power.mean(), beside[0]) and power[y, x] >= beside[1] and angle <= 22.5:
                sign = np.sign(gradient[0, y, x])
                left, right = x, x
                while left > 0 and sign * (grey[y, left] - grey[y, left - 1]) > 0:
                    left -= 1
                while right < width - 1 and sign * (grey[y, right + 1] - grey[y, right]) > 0:
                    right += 1
                found[y, x] = max(x - left, 1) + max(right - x, 1)
    return found


@pytest.mark.parametrize(("width", "sharp"), [(2, 1.0), (3, 1.0), (4, 0.0), (8, 0.0)])
def test_an_edge_is_sharp_up_to_three_pixels(width, sharp):
    widths = edge_widths(ramp(width))
    assert set(widths[widths > 0]) == {width}
    assert cumulative_blur_probability(picture(ramp(width))).item() == sharp


@pytest.mark.parametrize(("width", "sharp"), [(5, 1.0), (6, 0.0)])
def test_a_faint_edge_is_sharp_up_to_five(width, sharp):
    assert cumulative_blur_probability(picture(ramp(width, 80.0, 128.0))).item() == sharp


def test_widths_agree_with_walking():
    noise = np.random.default_rng(0).integers(0, 255, (40, 60)).astype(float)
    smooth = np.round(np.cumsum(np.random.default_rng(1).normal(size=(40, 60)), axis=1) * 20 + 128).clip(0, 255)
    for grey in (noise, smooth):
        widths = edge_widths(grey)
        assert (widths > 0).sum() > 5
        np.testing.assert_array_equal(widths, slow_widths(grey))


def test_blur_lowers_it_on_a_photograph():
    from scipy.ndimage import gaussian_filter
    from skimage.data import camera

    grey = camera()[:256, 128:384].astype(float)
    values = [cumulative_blur_probability(picture(gaussian_filter(grey, sigma))).item() for sigma in (0, 1, 2, 4)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.5 > values[2]


def test_pictures_without_edges_are_counted_apart():
    metric = CumulativeBlurProbability()
    metric.update(torch.cat([picture(ramp(2)), torch.zeros(1, 3, 64, 64)]))
    metric.update(picture(ramp(8)))
    assert float(metric.compute()) == 0.5
    assert (int(metric.items), int(metric.undefined)) == (2, 1)


def test_small_pictures_are_refused():
    with pytest.raises(ValueError, match=r"pictures are \(1, 3, 63, 80\); expected .*at least 64 x 64"):
        cumulative_blur_probability(torch.zeros(1, 3, 63, 80))
    with pytest.raises(ValueError, match=r"pictures are \(3, 64, 64\)"):
        CumulativeBlurProbability().update(torch.zeros(3, 64, 64))
