"""A picture is drawn, and says what its axes are."""

import io


def texts_of(figure):
    """Render a figure to PNG, and return all that is written on it.

    Raises:
        AssertionError: nothing was drawn, or an axis has no label or no title.
    """
    from matplotlib import pyplot

    file = io.BytesIO()
    figure.savefig(file, format="png")
    pyplot.close(figure)
    assert file.getvalue().startswith(b"\x89PNG")
    found = [figure.get_suptitle()]
    for axes in figure.axes:
        if axes.get_label() == "<colorbar>":
            found.append(axes.get_ylabel())
            continue
        said = [axes.get_title() or axes.get_title("left"), axes.get_xlabel()]
        assert all(said), said
        legend = axes.get_legend()
        words = [text.get_text() for text in legend.get_texts()] if legend else []
        found += [*said, axes.get_ylabel(), *words]
    return "\n".join(found)
