"""The page itself, by Gradio: photo (a file or the camera), text, language, renderer, progress, video, download."""

from __future__ import annotations

import os
from typing import Any

from anyonenet.errors import AnyoneNetError, InputError
from anyonenet.local_page.making import LANGUAGES, RENDERERS, Making, in_words

NOTICE = """\
**Synthetic media.** What this page makes is not a recording of anybody. Videos carry a visible mark and signed content
credentials that say so. Use pictures of yourself, of people who agreed, or of people who never lived."""
_INTRODUCTION = (
    "# A photo speaks\nOne photograph and a sentence in, a video out: that face speaks, in a voice that fits."
)
_STYLE = """
.gradio-container { max-width: 1000px !important; margin: 0 auto; }
footer { display: none !important; }
"""


def load_gradio() -> Any:
    """The library, told to stay at home.

    Raises:
        InputError: it is not installed.
    """
    for name, value in {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1"}.items():
        os.environ.setdefault(name, value)
    try:
        import gradio
    except ImportError:
        raise InputError("the page needs Gradio: pip install 'anyonenet[app]'") from None
    return gradio


def build_page(making: Making) -> Any:
    """A Gradio `Blocks` that makes videos with `making`; launch it with `launch`."""
    gradio = load_gradio()
    os.environ["GRADIO_TEMP_DIR"] = str(making.folder / "uploads")  # goes with the folder
    report = gradio.Progress()  # Gradio fills a parameter with this default in

    def speak(photo: str | None, text: str, language: str, renderer: str, progress: Any = report) -> tuple[str, str]:
        try:
            summary = making.make(photo, text, language, renderer, lambda share, words: progress(share, desc=words))
        except AnyoneNetError as error:
            raise gradio.Error(str(error), title="This cannot be made", print_exception=False) from None
        return str(summary.out), in_words(summary)

    with gradio.Blocks(title="anyonenet", analytics_enabled=False, delete_cache=(3600, 24 * 3600)) as page:
        gradio.Markdown(_INTRODUCTION)
        with gradio.Row():
            with gradio.Column():
                photo = gradio.Image(
                    label="Photo",
                    sources=["upload", "webcam"],
                    type="filepath",
                    format="png",
                    height=320,
                    elem_id="photo",
                )
                text = gradio.Textbox(
                    label="Text",
                    lines=3,
                    max_length=making.limits.characters,
                    placeholder="What the photo shall say, in English or Mandarin",
                    elem_id="text",
                )
                language = gradio.Radio(list(LANGUAGES), value="detect", label="Language", elem_id="language")
                renderer = gradio.Radio(list(RENDERERS), value="moved photo", label="Renderer", elem_id="renderer")
                button = gradio.Button("Speak", variant="primary", elem_id="speak")
            with gradio.Column():
                video = gradio.Video(label="Video", elem_id="video", buttons=["download"])
                said = gradio.Markdown(elem_id="said")
        gradio.Markdown(NOTICE, elem_id="notice")
        button.click(
            speak, [photo, text, language, renderer], [video, said], concurrency_limit=1, show_progress="full",
            api_name="speak",
        )  # fmt: skip
    return page


def launch(page: Any, making: Making, host: str, port: int) -> str:
    """Serve the page until `page.close()`; returns its address at once.

    Raises:
        InputError: the address is taken or not ours.
    """
    gradio = load_gradio()
    system = ["system-ui", "sans-serif"]  # fonts that need no network
    theme = gradio.themes.Default(font=system, font_mono=["ui-monospace", "monospace"])
    try:
        _, address, _ = page.queue(max_size=16).launch(
            server_name=host,
            server_port=port or None,
            prevent_thread_lock=True,
            quiet=True,
            share=False,
            ssr_mode=False,
            show_error=True,
            footer_links=[],
            max_file_size=making.limits.upload_megabytes * 1_000_000,
            allowed_paths=[str(making.folder)],
            theme=theme,
            css=_STYLE,
        )
    except OSError as error:
        raise InputError(f"cannot listen on {host}, port {port} ({error}); choose another --port") from None
    return str(address)
