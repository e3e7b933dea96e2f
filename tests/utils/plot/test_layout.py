"""What a picture must hold to: nothing overlaps, and arrows go from box to box."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elman.utils.plot.diagram import Arrow, Box, Diagram, Frame, Show, diagram
from elman.utils.plot.layout import layout
from elman.utils.plot.ranks import in_rows
from elman.utils.plot.routes import Crossing, lanes, path
from elman.utils.plot.spread import spread
from elman.utils.plotting import RANKDIRS
from tests.utils.plot.models import MODELS, made

SMALL = 1e-2  # pt, to which points are rounded


def size_of(box):
    return 20.0 + 6.0 * len(box.title[0]), 24.0 + 14.0 * sum(len(v) for _, v in box.rows)


def title_of(frame):
    return 6.0 * len(frame.title[0]), 15.0


def overlaps(rects):
    """Return the pairs of boxes that overlap."""
    items = list(rects.items())
    return [
        (a, b)
        for n, (a, r) in enumerate(items)
        for b, s in items[n + 1 :]
        if r.x < s.x + s.width
        and s.x < r.x + r.width
        and r.y < s.y + s.height
        and s.y < r.y + r.height
    ]


def placed(name, rankdir="TB", splines="ortho"):
    found = diagram(made(name), Show(shapes=True, names=True, nested=True))
    return found, layout(found, size_of, title_of, rankdir, splines)


every_model = pytest.mark.parametrize("name", MODELS)
every_direction = pytest.mark.parametrize("rankdir", RANKDIRS)


@every_direction
@every_model
def test_boxes_do_not_overlap_and_stand_inside_the_picture(name, rankdir):
    _, places = placed(name, rankdir)
    assert overlaps(places.boxes) == []
    for rect in (*places.boxes.values(), *places.frames.values()):
        assert rect.x >= -SMALL
        assert rect.y >= -SMALL
        assert rect.x + rect.width <= places.size[0] + SMALL
        assert rect.y + rect.height <= places.size[1] + SMALL


@every_direction
@every_model
def test_arrows_stay_inside_the_picture_and_meet_their_boxes(name, rankdir):
    found, places = placed(name, rankdir)
    for arrow, (points, _) in zip(found.arrows, places.arrows, strict=True):
        for x, y in points:
            assert -SMALL <= x <= places.size[0] + SMALL
            assert -SMALL <= y <= places.size[1] + SMALL
        for key, (x, y) in ((arrow.start, points[0]), (arrow.end, points[-1])):
            rect = places.boxes[key]
            assert rect.x - SMALL <= x <= rect.x + rect.width + SMALL
            assert rect.y - SMALL <= y <= rect.y + rect.height + SMALL


@pytest.mark.parametrize("splines", ["ortho", "curved", "line"])
@every_model
def test_arrows_run_through_no_box(name, splines):
    _, places = placed(name, splines=splines)
    for points, _ in places.arrows:
        for (ax, ay), (bx, by) in pairwise(points):
            for t in (0.1, 0.3, 0.5, 0.7, 0.9):
                x, y = ax + t * (bx - ax), ay + t * (by - ay)
                inside = [
                    rect
                    for rect in places.boxes.values()
                    if rect.x + 1 < x < rect.x + rect.width - 1
                    and rect.y + 1 < y < rect.y + rect.height - 1
                ]
                assert not inside


@every_model
def test_with_right_angles_every_step_goes_along_an_axis(name):
    _, places = placed(name)
    for points, codes in places.arrows:
        straight = [
            (a, b) for (a, b), code in zip(pairwise(points), codes[1:], strict=True) if code == 2
        ]
        assert all(abs(a[0] - b[0]) < SMALL or abs(a[1] - b[1]) < SMALL for a, b in straight)


@every_direction
def test_arrows_point_where_they_are_told_to(rankdir):
    found, places = placed("stack", rankdir)
    first, *_, last = (places.boxes[part.key] for part in found.parts)
    assert {
        "TB": last.y > first.y,
        "BT": last.y < first.y,
        "LR": last.x > first.x,
        "RL": last.x < first.x,
    }[rankdir]


def test_a_chain_stands_in_one_line():
    _, places = placed("stack")
    middles = [rect.x + rect.width / 2 for rect in places.boxes.values()]
    assert max(middles) - min(middles) < SMALL
    assert all(len(points) == 2 for points, _ in places.arrows)


def test_frames_hold_their_boxes_and_room_for_their_titles():
    found, places = placed("nested")

    def check(parts):
        for part in parts:
            if isinstance(part, Frame):
                outer = places.frames[part.key]
                for inner in part.parts:
                    table = places.boxes if isinstance(inner, Box) else places.frames
                    rect = table[inner.key]
                    assert rect.x > outer.x
                    assert rect.y > outer.y + title_of(part)[1]
                    assert rect.x + rect.width < outer.x + outer.width
                    assert rect.y + rect.height < outer.y + outer.height
                check(part.parts)

    check(found.parts)


@given(st.data())
def test_any_boxes_and_arrows_find_their_places(data):
    count = data.draw(st.integers(1, 9))
    names = data.draw(st.lists(st.text("ab", min_size=1), min_size=count, max_size=count))
    boxes = [Box((i,), "layer", [name], []) for i, name in enumerate(names)]
    pairs = data.draw(st.sets(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))))
    found = Diagram(boxes, [Arrow((a,), (b,), 0) for a, b in sorted(pairs)])
    places = layout(found, size_of, title_of, data.draw(st.sampled_from(RANKDIRS)))
    assert overlaps(places.boxes) == []
    assert len(places.boxes) == count
    for points, _ in places.arrows:
        assert all(-SMALL <= x <= places.size[0] + SMALL for x, _ in points)
        assert all(-SMALL <= y <= places.size[1] + SMALL for _, y in points)


# ---------------------------------------------------------------------- rows


def test_what_has_no_input_stands_just_before_what_reads_it():
    rows = in_rows(4, [(0, 1), (1, 2), (3, 2)]).rows
    assert rows[0] == [0]
    assert set(rows[1]) == {1, 3}


def test_an_arrow_in_a_circle_leads_back():
    found = in_rows(3, [(0, 1), (1, 2), (2, 1)])
    assert found.ways == [[0, 1], [1, 2], []]
    assert found.rows == [[0], [1], [2]]


def test_rows_are_ordered_so_that_arrows_do_not_cross():
    rows = in_rows(4, [(0, 3), (1, 2)]).rows
    assert [rows[0].index(i) for i in (0, 1)] == [rows[1].index(i) for i in (3, 2)]


def test_a_model_of_very_many_layers_has_its_rows():
    count = 3000
    assert len(in_rows(count, [(i, i + 1) for i in range(count - 1)]).rows) == count


def test_nothing_has_no_rows():
    assert in_rows(0, []).rows == []


# ---------------------------------------------------------------------- places


def test_places_keep_their_distances_and_their_order():
    found = spread([5.0, 0.0, 0.0, 9.0], [2.0, 3.0, 1.0])
    assert all(b - a >= gap - 1e-12 for (a, b), gap in zip(pairwise(found), [2, 3, 1], strict=True))


def test_what_fits_stays_where_it_would_be():
    assert spread([0.0, 5.0, 9.0], [2.0, 2.0]) == [0.0, 5.0, 9.0]


def test_what_weighs_more_moves_less():
    light, heavy = spread([0.0, 0.0], [4.0], [1.0, 3.0])
    assert (light, heavy) == (-3.0, 1.0)


def test_bounds_are_kept():
    assert spread([-9.0, 9.0], [1.0], None, 0.0, 4.0) == [0.0, 4.0]
    assert spread([9.0, 9.0], [2.0], None, 0.0, 4.0) == [2.0, 4.0]


# ---------------------------------------------------------------------- ways


def test_arrows_from_one_box_share_a_lane():
    assert lanes([Crossing(0, 5, 7), Crossing(0, 9, 7), Crossing(0, -4, 7)]) == [0, 0, 0]


def test_arrows_that_touch_have_lanes_of_their_own():
    found = lanes([Crossing(0, 20, 1), Crossing(10, 30, 2)])
    assert len(set(found)) == 2


def test_no_arrow_runs_upon_another_on_its_way_to_its_end():
    first, second = lanes([Crossing(0, -20, 1), Crossing(40, 0, 2)])
    assert first < second  # it has left the place before the other comes down there


def test_arrows_that_change_places_still_find_lanes():
    assert None not in lanes([Crossing(0, 30, 1), Crossing(30, 0, 2)])


def test_corners_are_round_and_needless_points_left_out():
    points, codes = path([(0, 0), (0, 5), (0, 20), (40, 20), (40, 60)], curved=False)
    assert codes == [1, 2, 3, 3, 2, 3, 3, 2]
    assert points[:4] == [(0, 0), (0, 14), (0, 20), (6, 20)]


def test_curves_begin_and_end_along_the_rows_direction():
    points, codes = path([(0, 0), (10, 20)], curved=True)
    assert codes == [1, 4, 4, 4]
    assert points[1][0] == 0
    assert points[2][0] == 10
