"""Draw the pictures of docs/guides/dynamics.md and attribution.md; it takes matplotlib.

python docs/make_dynamics_pictures.py

images/dynamics.png       fixed points among the trajectories of a trained network
images/attribution.png    integrated gradients of a sample

Each is the `figure` that the blocks of the page make.
"""

import re
from pathlib import Path

import matplotlib

matplotlib.use("agg")

DOCS = Path(__file__).parent


def main():
    """Write the pictures."""
    for page in ("dynamics", "attribution"):
        text, names = (DOCS / "guides" / f"{page}.md").read_text(encoding="utf-8"), {}
        for block in re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
            exec(block, names)
            if "figure" in names:
                break
        names["figure"].savefig(DOCS / "images" / f"{page}.png", dpi=90)


if __name__ == "__main__":
    main()
