"""`anyonenet app`: a page in the browser, on this machine."""

from __future__ import annotations

from pathlib import Path

from commands.options import Options, between, positive

DESCRIPTION = """\
Open a page in the browser that makes videos: photo (a file or the camera), text, language,
renderer. Only this machine reaches it unless --host says otherwise. Ctrl-C ends it."""


def options() -> Options:
    """The options of this verb."""
    parser = Options("app", DESCRIPTION, "anyonenet app --open")
    parser.add_argument(
        "--host", default="127.0.0.1", help="127.0.0.1: this machine only (default); 0.0.0.0: others too"
    )
    parser.add_argument("--port", type=between(0, 65535), default=7860, help="default 7860; 0 takes a free one")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="folder of exported weights (default: ours)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
    parser.add_argument("--engine", default="auto", metavar="NAME", help="as of `anyonenet generate` (default auto)")
    parser.add_argument("--characters", type=positive, default=2000, help="longest text (default 2000)")
    parser.add_argument("--upload", type=positive, default=20, metavar="MB", help="largest picture (default 20 MB)")
    return parser


def main(arguments: list[str]) -> int:
    values = options().read(arguments)
    print("starting", flush=True)
    from anyonenet.local_page.making import Generator, Limits, Making
    from anyonenet.local_page.page import build_page, launch, load_gradio
    from commands.places import default_weights, usable_device

    load_gradio()
    device = usable_device(values.device)

    def load() -> Generator:
        from anyonenet.engine_use import EngineUse
        from anyonenet.pipeline import Pipeline

        return Pipeline(values.weights or default_weights(), device, engine=EngineUse(values.engine))

    with Making(load, Limits(values.characters, values.upload)) as making:
        page = build_page(making)
        address = launch(page, making, values.host, values.port)
        try:
            print(f"the page is at {address} ; Ctrl-C ends it", flush=True)
            if values.host != "127.0.0.1":
                print("others reach it at this machine's address: whoever does can make videos here", flush=True)
            if values.open:
                import webbrowser

                webbrowser.open(address)
            page.block_thread()
        except KeyboardInterrupt:
            pass
        finally:
            page.close(verbose=False)
    return 0
