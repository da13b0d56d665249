"""`anyonenet study`: build, serve and analyse listening and viewing tests."""

from __future__ import annotations

import argparse
from pathlib import Path

from commands.options import Mistake, Options, between, positive

DESCRIPTION = """\
Ask people. Three steps (docs/STUDIES.md tells them in full):

  anyonenet study build STUDY.yaml --out DIR   a static page with its sounds, pictures and videos
  anyonenet study serve DIR                    show the page to participants and take answers in
  anyonenet study analyse DIR                  answers in; figure, tests and tables out

and for what others have printed: anyonenet study check (what their votes and their F can be).

DIR/public can also be put on any web server, or opened from the disk; participants then
download their answers, and the files go into DIR/answers."""
STEPS = ("build", "serve", "analyse", "check")
EXAMPLE = "anyonenet study build configs/study/ab.yaml --out out/voices"


def options(step: str | None = None) -> Options:
    """The options of this verb, or of one of its steps."""
    if step == "build":
        return _build_options()
    if step == "serve":
        return _serve_options()
    if step == "analyse":
        return _analyse_options()
    if step == "check":
        return _check_options()
    parser = Options("study", DESCRIPTION, EXAMPLE)
    parser.add_argument("step", choices=STEPS, metavar="STEP", help=f"{', '.join(STEPS)}; each has --help")
    return parser


def main(arguments: list[str]) -> int:
    step = arguments[0] if arguments and arguments[0] in STEPS else None
    if step is None:
        options().read(arguments)
        raise Mistake(f"study: the step comes first: {', '.join(STEPS)} (anyonenet study --help)")
    values = options(step).read(arguments[1:])
    return {"build": build, "serve": serve, "analyse": analyse, "check": check}[step](values)


def _build_options() -> Options:
    parser = Options(
        "study build",
        "Make the stimuli with the pipeline and put them behind a page. Stopped and started\n"
        "again, it keeps what is finished. configs/study/ holds examples.",
        EXAMPLE,
    )
    parser.add_argument("plan", type=Path, metavar="STUDY.yaml", help="what the study is to be")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the study")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="folder of exported weights (default: ours)")
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N faces: to try")
    parser.add_argument(
        "--post", type=_address, metavar="URL",
        help="where the page posts answers to, as https://example.org/answers (default: they are downloaded)",
    )  # fmt: skip
    return parser


def _serve_options() -> Options:
    parser = Options(
        "study serve",
        "Show a built study and take answers in, one file a participant. Ctrl-C ends it.",
        "anyonenet study serve out/voices --host 0.0.0.0",
    )
    parser.add_argument("study", type=Path, metavar="DIR", help="folder of the study")
    parser.add_argument("--answers", type=Path, metavar="DIR", help="folder for answers (default: DIR/answers)")
    parser.add_argument(
        "--host", default="127.0.0.1", help="127.0.0.1: this machine only (default); 0.0.0.0: others too"
    )
    parser.add_argument("--port", type=between(0, 65535), default=8000, help="default 8000; 0 takes a free one")
    parser.add_argument("--most", type=positive, default=10000, metavar="N", help="participants (default 10000)")
    return parser


def _analyse_options() -> Options:
    parser = Options(
        "study analyse",
        "Figure, tests and tables of the answers, and sentences for a paper. Unreliable\n"
        "participants are left out by the study's rules, and counted.",
        "anyonenet study analyse out/voices",
    )
    parser.add_argument("study", type=Path, nargs="?", metavar="DIR", help="folder of the study")
    parser.add_argument("--answers", type=Path, metavar="DIR", help="folder of answers (default: DIR/answers)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the results (default: DIR/results)")
    parser.add_argument(
        "--counts", type=Path, metavar="CSV",
        help="instead of a study: votes that were counted already (columns comparison, first_method, second_method, "
        "first, similar, second)",
    )  # fmt: skip
    return parser


def _check_options() -> Options:
    parser = Options(
        "study check",
        "What printed results of an A/B test can be: the whole numbers of votes behind the\n"
        "percentages, and the least F of a one-way ANOVA with participants, items and single\n"
        "votes as units.",
        "anyonenet study check --percent 66.7 6.7 26.6 --participants 27 --items 16 --f 7.25",
    )
    share = between(0, 100, float)
    parser.add_argument(
        "--percent", nargs=3, type=share, required=True, metavar=("FIRST", "SIMILAR", "SECOND"),
        help="as printed, with one decimal",
    )  # fmt: skip
    parser.add_argument("--participants", type=between(2, 10**5), required=True, metavar="N", help="who voted")
    parser.add_argument("--items", type=between(2, 10**5), required=True, metavar="N", help="voted on by everybody")
    parser.add_argument("--f", type=between(0, 10**6, float), metavar="F", help="as printed")
    return parser


def build(values: argparse.Namespace) -> int:
    """Make a study's folder."""
    from commands.places import default_weights
    from evaluation.study.build import build_study
    from evaluation.study.plan_file import read_plan

    plan = read_plan(values.plan, values.limit)
    study = build_study(plan, values.out, values.weights or default_weights(), values.post)
    print(
        f"study {study.id}: {len(study.questions)} questions, {study.trials} trials a participant; open "
        f"{values.out / 'public' / 'index.html'}, or: anyonenet study serve {values.out}"
    )
    return 0


def serve(values: argparse.Namespace) -> int:
    """Serve a study until Ctrl-C."""
    from evaluation.study.definition import load_study
    from evaluation.study.inbox import Inbox
    from evaluation.study.serve import StudyServer

    study = load_study(values.study)
    inbox = Inbox(values.answers or values.study / "answers", study, values.most)

    def taken(count: int) -> None:
        print(f"{count} participants", flush=True)

    with StudyServer(values.study / "public", inbox, (values.host, values.port), taken) as server:
        print(f"study {study.id} at {server.url} with {len(inbox)} participants so far; Ctrl-C ends", flush=True)
        if values.host != "127.0.0.1":
            print(f"others reach it at this machine's address, port {server.server_address[1]}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print(f"\n{len(inbox)} participants' answers in {inbox.folder}")
    return 0


def analyse(values: argparse.Namespace) -> int:
    """Print and write what a study found."""
    if (values.study is None) == (values.counts is None):
        raise Mistake("study analyse: give the folder of a study, or --counts FILE")
    from evaluation.study.analyse import analyse as analyse_study
    from evaluation.study.analyse import analyse_counts
    from evaluation.study.definition import load_study

    if values.counts is not None:
        out = values.out or values.counts.with_suffix("")
        print(analyse_counts(values.counts, out))
    else:
        out = values.out or values.study / "results"
        study = load_study(values.study)
        print(analyse_study(study, values.answers or values.study / "answers", out))
    print(f"\nreport.md, tables.tex, paper.txt, analysis.json and the figure are in {out}")
    return 0


def check(values: argparse.Namespace) -> int:
    """Say what printed figures can be."""
    if abs(sum(values.percent) - 100) > 0.2:
        raise Mistake(f"study check: --percent adds up to {sum(values.percent):.1f}, not to 100")
    from evaluation.study.published import check as check_published

    said, table = check_published(values.percent, int(values.participants), int(values.items), values.f)
    print(*said, sep="\n")
    if table.rows:
        print(f"\n{table.terminal()}")
    return 0


def _address(text: str) -> str:
    if not text.startswith(("http://", "https://")) or any(character.isspace() for character in text):
        raise argparse.ArgumentTypeError(f"'{text}' is not an address as https://example.org/answers")
    return text
