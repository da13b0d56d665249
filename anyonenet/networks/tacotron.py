"""The speech synthesiser: phonemes and a speaker embedding in, mel spectrogram out (AnyoneNet section III-C, Fig. 4).

Encoder of Tacotron (pre-net, CBHG), speaker embedding joined after the CBHG, GMMv2b attention, decoder of Tacotron 2
(pre-net, attention RNN, two LSTMs, mel and stop projections, post-net). In training only the attention RNN runs step
by step; nothing feeds back into it from what stands above, so the rest runs over all steps at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor, nn

from anyonenet.networks.base import Network
from anyonenet.networks.batch_norm import BatchNorm
from anyonenet.networks.cbhg import CBHG
from anyonenet.networks.decoder import Decoder, PreNet, drop
from anyonenet.networks.decoder_step import speak_one
from anyonenet.networks.step_products import StepProducts
from anyonenet.networks.symbol_embedding import SymbolEmbedding
from anyonenet.types import Synthesis, TacotronOutput


class Encoder(nn.Module):
    """Symbol embedding, pre-net, CBHG, and the speaker embedding laid beside every symbol."""

    def __init__(self, embedding: SymbolEmbedding, prenet: PreNet, cbhg: CBHG, speaker: tuple[int, int]):
        super().__init__()
        self.embedding = embedding
        self.prenet = prenet
        self.cbhg = cbhg
        self.speaker_in = speaker[0]
        self.speaker = nn.Linear(*speaker)
        self.out_size = cbhg.out_size + speaker[1]

    def forward(self, symbols: Tensor, lengths: Tensor, speakers: Tensor, generator: Generator | None) -> Tensor:
        """`(B, N)` int64, `(B,)`, `(B, 1024)` -> `(B, N, out_size)`."""
        hidden = self.prenet(self.embedding(symbols), generator, active=self.training)
        hidden = self.cbhg(hidden, lengths)
        # entries of a unit vector are small: scale them to a mean square of one
        speaker = torch.tanh(self.speaker(speakers * self.speaker_in**0.5))
        return torch.cat([hidden, speaker[:, None].expand(-1, hidden.shape[1], -1)], dim=-1)


class Tacotron(Network):
    """Multi-speaker Tacotron with GMMv2b attention. The defaults are the paper's (Tacotron and Tacotron 2 sizes).

    Args:
        symbols: size of the symbol table; symbol 0 is padding.
        bands: mel bands.
        speaker_size: of the speaker embedding.
        speaker_projection: features it is projected to before it joins the encoder's output.
        embedding_size: of a symbol.
        shared_marks: symbols of one tone, stress or sound share a part of their vectors (see `SymbolEmbedding`).
        encoder_prenet: widths of the encoder's pre-net.
        encoder_dropout: of the encoder's pre-net, in training only.
        bank_size, bank_channels, projection_channels, highway_layers, gru_size: see `CBHG`.
        decoder_prenet: widths of the decoder's pre-net.
        attention_rnn, decoder_rnn: cells of the attention RNN and of each of the two decoder LSTMs.
        postnet_channels, postnet_layers, postnet_width: of the post-net.
        dropout: of the decoder's pre-net, active at inference too.
        decoder_dropout: on the LSTMs' outputs and in the post-net, in training only.
        reduction_factor: r, the most frames a decoder step gives; `use_reduction_factor` may lower it.
        postnet_bfloat16: compute the post-net in bfloat16 while training on a CPU, which saves a sixth of a step on
            processors that can; the sums of normalisation stay in float32.
        attention_components, attention_hidden, initial_step, initial_width, normalise: see `GMMAttention`;
            `initial_step` is meant at `reduction_factor`.
    """

    def __init__(
        self,
        symbols: int,
        bands: int = 80,
        speaker_size: int = 1024,
        speaker_projection: int = 256,
        embedding_size: int = 256,
        shared_marks: bool = False,
        encoder_prenet: Sequence[int] = (256, 128),
        encoder_dropout: float = 0.5,
        bank_size: int = 16,
        bank_channels: int = 128,
        projection_channels: int = 128,
        highway_layers: int = 4,
        gru_size: int = 128,
        decoder_prenet: Sequence[int] = (256, 256),
        attention_rnn: int = 1024,
        decoder_rnn: int = 1024,
        postnet_channels: int = 512,
        postnet_layers: int = 5,
        postnet_width: int = 5,
        dropout: float = 0.5,
        decoder_dropout: float = 0.1,
        reduction_factor: int = 2,
        attention_components: int = 5,
        attention_hidden: int = 128,
        initial_step: float = 1.0,
        initial_width: float = 10.0,
        normalise: str = "none",
        postnet_bfloat16: bool = False,
    ):
        super().__init__()
        if reduction_factor < 1:
            raise ValueError(f"reduction_factor is {reduction_factor}; expected at least 1 frame a step")
        self.bands = bands
        self.encoder = Encoder(
            SymbolEmbedding(symbols, embedding_size, shared_marks),
            PreNet(embedding_size, encoder_prenet, encoder_dropout),
            CBHG(
                encoder_prenet[-1],
                bank_size,
                bank_channels,
                (projection_channels,),
                encoder_prenet[-1],
                highway_layers,
                gru_size,
            ),
            (speaker_size, speaker_projection),
        )
        self.decoder = Decoder(
            memory_size=self.encoder.out_size,
            bands=bands,
            prenet=PreNet(bands, decoder_prenet, dropout),
            attention_rnn=attention_rnn,
            decoder_rnn=decoder_rnn,
            dropout=decoder_dropout,
            reduction_factor=reduction_factor,
            attention={
                "components": attention_components,
                "hidden_size": attention_hidden,
                "initial_step": initial_step,
                "initial_width": initial_width,
                "normalise": normalise,
            },
        )
        self.postnet_bfloat16 = postnet_bfloat16
        self.postnet = PostNet(bands, postnet_channels, postnet_layers, postnet_width, decoder_dropout)

    @property
    def reduction_factor(self) -> int:
        """Frames a decoder step gives now."""
        return self.decoder.reduction_factor

    def use_reduction_factor(self, frames: int) -> None:
        """Give `frames` (1 to the constructor's `reduction_factor`) frames a step from now on; kept in the weights."""
        self.decoder.use_reduction_factor(frames)

    def forward(
        self,
        symbols: Tensor,
        symbol_lengths: Tensor,
        speaker_embeddings: Tensor,
        mels: Tensor,
        mel_lengths: Tensor,
        generator: Generator | None = None,
    ) -> TacotronOutput:
        """Teacher-forced run over whole utterances.

        Args:
            symbols: `(B, N)` int64, 0 = padding.
            symbol_lengths: `(B,)` int64.
            speaker_embeddings: `(B, speaker_size)` float32, unit length.
            mels: `(B, T, bands)` float32, the true standardised log-mels.
            mel_lengths: `(B,)` int64, frames.
            generator: source of the dropout masks (the global one when None).

        Returns:
            outputs of T rounded up to whole steps: S = ceil(T / r), S * r frames; the last frames of an item may be
            beyond its length.
        """
        memory = self.encoder(symbols, symbol_lengths, speaker_embeddings, generator)
        mask = _mask(symbol_lengths, symbols.shape[1])
        coarse, stop_logits, alignments = self.decoder(memory, mask, mels, generator)
        frames = (-(-mel_lengths // self.reduction_factor)) * self.reduction_factor
        on_cpu = coarse.device.type == "cpu"
        with torch.autocast("cpu", torch.bfloat16, enabled=self.postnet_bfloat16 and self.training and on_cpu):
            residual = self.postnet(coarse, _mask(frames, coarse.shape[1]), generator)
        refined = coarse + residual.to(coarse.dtype)
        return TacotronOutput(coarse, refined, stop_logits, alignments)

    @torch.no_grad()
    def generate(
        self,
        symbols: Tensor,
        symbol_lengths: Tensor,
        speaker_embeddings: Tensor,
        max_frames: int = 1600,
        generator: Generator | None = None,
        products: StepProducts | None = None,
    ) -> Synthesis:
        """Free-running synthesis of a batch; each item ends at its stop sign or when the attention has left the text.

        Args:
            symbols: `(B, N)` int64, 0 = padding, the end symbol last.
            symbol_lengths: `(B,)` int64.
            speaker_embeddings: `(B, speaker_size)` float32, unit length.
            max_frames: the limit of an item (80 a second).
            generator: source of the pre-net's dropout: the same seed gives the same bytes.
            products: the decoder's matrices in another precision, for one item on the CPU (see `step_products`).

        Raises:
            ValueError: an item has no symbol, or `max_frames` is below one step.
        """
        if bool((symbol_lengths < 1).any()):
            raise ValueError("an item has no symbols; expected at least one (the end symbol)")
        if max_frames < self.reduction_factor:
            raise ValueError(f"max_frames is {max_frames}; expected at least one step of {self.reduction_factor}")
        memory = self.encoder(symbols, symbol_lengths, speaker_embeddings, generator)
        mask = _mask(symbol_lengths, symbols.shape[1])
        steps = max_frames // self.reduction_factor
        if memory.device.type == "cpu" and len(symbols) == 1 and int(symbol_lengths[0]) == symbols.shape[1]:
            said = speak_one(self.decoder, memory, steps, generator, products)
        else:
            said = self.decoder.run_free(memory, mask, symbol_lengths, steps, generator)
        coarse, lengths, alignments, stopped = said
        valid = _mask(lengths, coarse.shape[1])
        refined = (coarse + self.postnet(coarse, valid, generator)) * valid[..., None]
        return Synthesis(refined, lengths, alignments, stopped)


class PostNet(nn.Module):
    """Tacotron 2's five convolutions with batch normalisation that predict what the decoder's mel lacks."""

    def __init__(self, bands: int, channels: int, layers: int, width: int, dropout: float):
        super().__init__()
        sizes = [bands, *[channels] * (layers - 1), bands]
        self.convolutions = nn.ModuleList(
            nn.Conv1d(before, after, width, padding=width // 2, bias=False) for before, after in zip(sizes, sizes[1:])
        )
        self.norms = nn.ModuleList(BatchNorm(size) for size in sizes[1:])
        self.dropout = dropout

    def forward(self, mels: Tensor, mask: Tensor, generator: Generator | None) -> Tensor:
        """`(B, T, bands)`, `(B, T)` of 0 and 1 -> residual `(B, T, bands)`."""
        channels = mask[:, None]
        hidden = mels.transpose(1, 2) * channels  # (B, bands, T)
        for index, (convolution, norm) in enumerate(zip(self.convolutions, self.norms)):
            hidden = norm(convolution(hidden), channels > 0)
            if index < len(self.convolutions) - 1:
                hidden = hidden.tanh()
                if self.training and self.dropout > 0:
                    hidden = drop(hidden, self.dropout, generator)
            hidden = hidden * channels
        return hidden.transpose(1, 2)


def _mask(lengths: Tensor, positions: int) -> Tensor:
    """`(B, positions)` float32: 1 within each length, 0 beyond."""
    return (torch.arange(positions, device=lengths.device) < lengths[:, None]).float()
