import json
import re
from pathlib import Path

import pytest

from certification.parties.places import simplify
from certification.parties.places.map_paths import CREDIT, map_paths, map_svg, view_box
from certification.parties.places.places import HERE, states

ROOT = Path(__file__).parents[4]


def test_every_state_has_a_closed_path_within_the_view_box() -> None:
    assert view_box() == "0 0 1586 996"
    assert list(map_paths()) == [s.code for s in states()]
    for name, path in map_paths().values():
        assert name
        assert re.fullmatch(r"M[-0-9 lmz]+z", path)
        assert all(
            0 <= x <= 1586 and 0 <= y <= 996 for ring in simplify.rings(path) for x, y in ((a / 2, b / 2) for a, b in ring)
        )


def test_the_paths_stay_within_fourteen_kilobytes() -> None:
    assert sum(len(path) for _, path in map_paths().values()) <= 14_000


def test_the_static_drawing_is_the_data_and_gives_credit() -> None:
    drawn = (ROOT / "static" / "img" / "mexico.svg").read_text(encoding="utf-8")
    assert drawn == map_svg()
    assert CREDIT in drawn
    assert "style=" not in drawn


def test_the_kept_map_is_what_the_script_makes(shared_data: Path) -> None:
    made = simplify.main(str(shared_data / "estados_svg_npm_cc-by.json"))
    assert json.loads(made) == json.loads((HERE / "map.json").read_text(encoding="utf-8"))


def test_neighbours_share_their_border_after_thinning() -> None:
    left = [(0, 0), (50, 0), (51, 20), (50, 40), (53, 60), (50, 100), (0, 100)]
    right = [(50, 0), (100, 0), (100, 100), (50, 100), (53, 60), (50, 40), (51, 20)]
    ends = simplify._meetings({"a": [left], "b": [right]})
    border = {(50, 0), (50, 40), (53, 60), (50, 100)}
    assert border <= set(simplify._simplified(left, ends))
    assert set(simplify._simplified(left, ends)) & set(simplify._simplified(right, ends)) == border


def test_a_curve_is_refused() -> None:
    with pytest.raises(ValueError, match="c"):
        simplify.rings("m 0,0 c 1,1 2,2 3,3 z")
