"""What matplotlib draws: every text inside its box, and files that are what they are called."""

import struct

import pytest

import elman
from elman import Input, Sequential, layers
from elman.errors import ArgumentError
from elman.utils.plot import draw
from elman.utils.plot.diagram import Show, diagram
from tests.utils.plot.models import MODELS, made

matplotlib = pytest.importorskip("matplotlib")
agg = pytest.importorskip("matplotlib.backends.backend_agg")

ALL = Show(True, True, True, True, True, True)


def figure_of(model, rankdir="TB", show=ALL):
    figure = draw.figure(draw.Pen(), diagram(model, show), rankdir, "ortho")
    figure.set_dpi(200)
    return agg.FigureCanvasAgg(figure).figure


def boxes_of(texts, figure):
    """Return the extents of texts in points, from the left lower corner."""
    with matplotlib.rc_context({"text.hinting": "none"}):
        extents = [text.get_window_extent(figure.canvas.get_renderer()) for text in texts]
    return [(e.x0, e.y0, e.x1, e.y1) for e in extents]


@pytest.mark.parametrize("rankdir", ["TB", "LR"])
@pytest.mark.parametrize("name", MODELS)
def test_texts_do_not_overlap_and_stand_inside_the_picture(name, rankdir):
    figure = figure_of(made(name), rankdir)
    (axes,) = figure.axes
    found = boxes_of(axes.texts, figure)
    width, height = figure.get_size_inches() * figure.dpi
    for n, a in enumerate(found):
        assert a[0] >= 0
        assert a[1] >= 0
        assert a[2] <= width
        assert a[3] <= height
        for b in found[n + 1 :]:
            assert a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3]


@pytest.mark.parametrize("name", ["a_long_name_" * 9, "WWWWWW", "$x_1$", "Größe_λ", "\\frac{1}{2}"])
def test_a_name_stands_inside_its_box_letter_by_letter(name):
    figure = figure_of(Sequential([Input((2,)), layers.Dense(1, name=name)]), show=Show(names=True))
    (axes,) = figure.axes
    assert "".join(text.get_text() for text in axes.texts) == f"{name} (Dense)"
    assert not any(text.get_parse_math() or text.get_usetex() for text in axes.texts)
    panel = axes.patches[0].get_window_extent(figure.canvas.get_renderer())
    for x0, y0, x1, y1 in boxes_of(axes.texts, figure):
        assert panel.x0 < x0 < x1 < panel.x1
        assert panel.y0 < y0 < y1 < panel.y1


def test_settings_of_ones_own_pictures_do_not_change_it(tmp_path):
    plain = elman.utils.plot_model(made("stack"), tmp_path / "plain.png")
    settings = {"savefig.bbox": "tight", "savefig.transparent": True, "text.hinting": "native"}
    with matplotlib.rc_context(settings):
        other = elman.utils.plot_model(made("stack"), tmp_path / "other.png")
        assert matplotlib.rcParams["savefig.bbox"] == "tight"
    assert plain.path.read_bytes() == other.path.read_bytes()


# ---------------------------------------------------------------------- files

BEGINNINGS = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


@pytest.mark.parametrize("ending", BEGINNINGS)
def test_the_file_is_what_its_name_says(tmp_path, ending):
    path = tmp_path / f"model.{ending}"
    found = elman.utils.plot_model(made("branches"), path, show_shapes=True)
    content = path.read_bytes()
    assert content.startswith(BEGINNINGS[ending])
    assert found.path == path
    assert repr(found) == f"<Picture {str(path)!r}>"
    elman.utils.plot_model(made("branches"), str(path), show_shapes=True)
    assert path.read_bytes() == content  # the same picture is the same file


def test_a_name_without_an_ending_is_a_png(tmp_path):
    elman.utils.plot_model(made("stack"), tmp_path / "model")
    assert (tmp_path / "model").read_bytes().startswith(BEGINNINGS["png"])


def test_dpi_makes_more_pixels_of_the_same_picture(tmp_path):
    sizes = []
    for dpi in (100, 200):
        path = tmp_path / "model.png"
        elman.utils.plot_model(made("stack"), path, dpi=dpi)
        sizes.append(struct.unpack(">II", path.read_bytes()[16:24]))
    assert [round(b / a, 1) for a, b in zip(*sizes, strict=True)] == [2.0, 2.0]


def test_a_notebook_shows_the_picture(tmp_path):
    picture = elman.utils.plot_model(made("stack"), tmp_path / "model.png")
    content, about = picture._repr_png_()
    assert content == picture.path.read_bytes()
    assert 100 < about["width"] < 400
    assert picture._repr_svg_() is None
    drawing = elman.utils.plot_model(made("stack"), tmp_path / "model.svg")
    assert "<svg" in drawing._repr_svg_()
    assert drawing._repr_png_() is None
    with open(picture, "rb") as file:  # it may stand for its path
        assert file.read(4) == BEGINNINGS["png"]


@pytest.mark.parametrize("splines", ["ortho", "curved", "spline", "line", "polyline"])
@pytest.mark.parametrize("rankdir", ["TB", "BT", "LR", "RL"])
def test_every_direction_and_way_can_be_drawn(tmp_path, rankdir, splines):
    elman.utils.plot_model(
        made("circle"), tmp_path / "model.png", rankdir=rankdir, splines=splines, dpi=40
    )


def test_a_picture_that_is_too_large_says_what_will_do(tmp_path):
    message = r"`dpi` must be at most \d+ for a picture of \d by \d inches; got 1000000. Or write a"
    with pytest.raises(ArgumentError, match=message):
        elman.utils.plot_model(made("stack"), tmp_path / "model.png", dpi=1_000_000)
    assert list(tmp_path.iterdir()) == []
