"""The plots of the documentation, for light and for dark pages: `python -m benchmarks.plots`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from benchmarks.schedules import INTERVAL, LAWS, PEERS, Score, exact, informed, score
from jobwait._schedule import ENOUGH, Adaptive, Fixed

PICTURES: Final = Path(__file__).parents[1] / "docs" / "pictures"
THEMES: Final = {"light": ("#1f2328", "#b6bdc4"), "dark": ("#e6e8ee", "#565b66")}
"""The colours of text and of grids."""
COLOURS: Final = ("#3b82f6", "#10a37f", "#e0a100", "#e2554d", "#9b6bdf", "#d9579b", "#8a8f98")
"""Such that each can be seen on both."""
POLLS: Final = (3, 5, 10, 20, 50)
LAGS: Final = (0.5, 1, 2, 5, 10)
"""What the axes are marked with."""
LINE: Final = (1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0)
"""Seconds of the fixed intervals that the line joins."""


def save(name: str, size: tuple[float, float], draw: Callable[[Any], None]) -> None:
    """Draw a figure in each theme.

    Args:
        size: Inches.
        draw: Called with a figure of matplotlib's.
    """
    from matplotlib.figure import Figure

    # The types of its settings list them all.
    mpl: Any = import_module("matplotlib")

    for theme, (ink, grid) in THEMES.items():
        colours = dict.fromkeys(
            ("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor"), ink
        )
        look: dict[str, Any] = {
            **colours,
            "axes.facecolor": "none",
            "axes.prop_cycle": mpl.cycler(color=COLOURS),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "grid.color": grid,
            "legend.frameon": False,
            "svg.hashsalt": name,
        }
        with mpl.rc_context(look):
            figure: Any = Figure(figsize=size, layout="constrained")
            draw(figure)
            PICTURES.mkdir(parents=True, exist_ok=True)
            file = PICTURES / f"{name}-{theme}.svg"
            figure.savefig(file, transparent=True, metadata={"Date": None})
            # matplotlib ends lines with spaces.
            lines = file.read_text(encoding="utf-8").splitlines()
            file.write_text("\n".join(map(str.rstrip, lines)) + "\n", encoding="utf-8")


def main() -> None:
    """Draw what takes seconds; the plot of scale is drawn by `benchmarks.scale`, which measures."""
    panels = {name: _scores(name) for name in LAWS}

    def draw(figure: Any) -> None:
        every: Any = figure.subplots(1, len(panels))
        for axes, (law_name, scores) in zip(every, panels.items(), strict=True):
            law = LAWS[law_name]
            line = [score(Fixed(interval), law) for interval in LINE]
            axes.plot([s.polls for s in line], [s.lag for s in line], color=COLOURS[-1], zorder=1)
            for number, (label, (polls, lag)) in enumerate(scores.items()):
                ours = label.startswith("jobwait")
                axes.scatter(
                    polls,
                    lag,
                    s=90 if ours else 45,
                    marker="o" if ours else "s",
                    color=COLOURS[number % len(COLOURS)],
                    label=label,
                    zorder=2,
                )
            axes.set(title=(law.__doc__ or law_name).rstrip("."), xlabel="polls for each job")
            for axis, name, ticks in ((axes.xaxis, "x", POLLS), (axes.yaxis, "y", LAGS)):
                axes.set(**{f"{name}scale": "log"})
                axis.set_ticks(ticks, labels=[f"{tick:g}" for tick in ticks])
                axis.set_ticks([], minor=True)
            axes.grid(alpha=0.4)
        every[0].set_ylabel("lag, s")
        figure.legend(*every[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)

    save("schedules", (12, 4.6), draw)


def _scores(name: str) -> dict[str, Score]:
    law = LAWS[name]
    ours = {
        "jobwait, progress": score(Adaptive(INTERVAL), law, exact),
        "jobwait, 20 past jobs": informed(law, law, ENOUGH),
        "jobwait, nothing known": score(Adaptive(INTERVAL), law),
    }
    return ours | {peer: score(schedule, law, jitter=0) for peer, schedule in PEERS.items()}


if __name__ == "__main__":
    main()
