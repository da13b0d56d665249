import pytest
import torch

from anyonenet.networks.image_translation import ImageTranslator
from anyonenet.networks.patch_discriminator import PatchDiscriminator


def test_translator_keeps_the_size_and_stays_in_range():
    translator = ImageTranslator(widths=(4, 8, 8))
    made = translator(torch.randn(2, 6, 32, 48))
    assert made.shape == (2, 3, 32, 48)
    assert made.abs().max() <= 1


def test_every_parameter_receives_gradient():
    torch.manual_seed(0)
    translator = ImageTranslator(widths=(4, 8, 8))
    translator(torch.randn(2, 6, 32, 32)).square().sum().backward()
    for name, parameter in translator.named_parameters():
        assert parameter.grad is not None, name
        # a bias before an instance norm changes nothing, so its gradient may be rounding alone
        assert name.endswith("bias") or parameter.grad.abs().sum() > 0, name


def test_skip_connections_carry_detail_past_the_bottleneck():
    translator = ImageTranslator(widths=(4, 8, 8)).eval()
    for parameter in translator.decoder[0].parameters():
        parameter.data.zero_()  # nothing comes through the bottleneck
    assert translator(torch.randn(1, 6, 32, 32)).std() > 0


def test_paper_sizes():
    translator = ImageTranslator()
    assert [down[0].out_channels for down in translator.encoder] == [64, 128, 256, 512, 512, 512]
    assert [up.convolution.in_channels for up in translator.decoder] == [512, 1024, 1024, 512, 256, 128]
    assert [up.convolution.out_channels for up in translator.decoder] == [512, 512, 256, 128, 64, 3]
    assert translator.multiple == 64


def test_bad_pictures_are_named():
    with pytest.raises(ValueError, match=r"shape \(1, 6, 30, 32\); expected .* multiples of 8"):
        ImageTranslator(widths=(4, 8, 8))(torch.zeros(1, 6, 30, 32))
    with pytest.raises(ValueError, match="at least two"):
        ImageTranslator(widths=(4,))


def test_patches_of_the_discriminator_see_seventy_pixels():
    discriminator = PatchDiscriminator(width=4)
    for module in discriminator.modules():
        if isinstance(module, torch.nn.InstanceNorm2d):
            module.forward = lambda features: features  # normalisation looks at the whole picture
    pictures = torch.zeros(1, 3, 256, 256, requires_grad=True)
    *_, logits = discriminator(torch.zeros(1, 3, 256, 256), pictures)
    assert logits.shape == (1, 1, 30, 30)
    logits[0, 0, 15, 15].backward()
    seen = pictures.grad[0].abs().sum(0).nonzero()
    assert (seen.max(0).values - seen.min(0).values + 1).tolist() == [70, 70]


def test_recomputing_holds_less_and_gives_the_same_gradient():
    torch.manual_seed(0)
    pictures = torch.randn(2, 6, 32, 32)
    results = []
    for recompute in (False, True):
        torch.manual_seed(1)
        translator = ImageTranslator(widths=(4, 8, 8))
        translator.recompute = recompute
        held = 0

        def hold(tensor):
            nonlocal held
            held += tensor.nbytes
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(hold, lambda tensor: tensor):
            loss = translator(pictures).square().sum()
        loss.backward()
        results.append((held, [parameter.grad for parameter in translator.parameters()]))
    (whole, gradients), (part, again) = results
    assert part < whole / 4
    assert all(torch.equal(one, other) for one, other in zip(gradients, again, strict=True))


def test_head_flow_begins_with_the_photo_as_it_is():
    torch.manual_seed(0)
    translator = ImageTranslator(widths=(4, 8, 8), head="flow", motion_field=True)
    sketches, photos = torch.rand(2, 3, 32, 32) * 2 - 1, torch.rand(2, 3, 32, 32) * 2 - 1
    pictures = translator.join(sketches, photos, torch.zeros(2, 3, 32, 32))
    assert pictures.shape == (2, translator.inputs, 32, 32)
    raw = translator.raw(pictures)
    assert raw.shape == (2, translator.outputs, 32, 32)
    assert raw[:, 3].max() < 0.4  # hardly painted
    assert raw[:, 4:].abs().max() * 16 < 0.6  # moved by less than a pixel
    torch.testing.assert_close(translator(pictures), translator.compose(raw, photos))


def test_head_flow_looks_where_its_displacement_points():
    translator = ImageTranslator(widths=(4, 8, 8), head="flow")
    photos = torch.rand(1, 3, 8, 16)
    raw = torch.zeros(1, 6, 8, 16)
    raw[:, 4], raw[:, 5] = 2 * 2 / 16, -1 * 2 / 8  # two pixels to the right, one up
    made = translator.compose(raw, photos)
    torch.testing.assert_close(made[..., 1:, :-2], photos[..., :-1, 2:])
    raw[:, 3] = 1.0
    raw[:, :3] = 0.25
    torch.testing.assert_close(translator.compose(raw, photos), torch.full_like(photos, 0.25))


def test_unknown_head_is_named():
    with pytest.raises(ValueError, match="head is 'mask'; choose one of picture, flow"):
        ImageTranslator(widths=(4, 8), head="mask")


def test_head_flow_adds_to_the_motion_field_that_it_reads():
    torch.manual_seed(0)
    translator = ImageTranslator(widths=(4, 8, 8), head="flow", motion_field=True)
    pictures = torch.rand(1, 9, 32, 32)
    found, known = translator.convolved(pictures), translator.raw(pictures)
    torch.testing.assert_close(known[:, 4:] - found[:, 4:], pictures[:, 6:8])
    torch.testing.assert_close(known[:, :4], found[:, :4])
