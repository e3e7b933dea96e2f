"""What to do about a model that does not go over, in the words of a shell.

The library's messages end with what to write in Python. Where an option or another name of a file
does it, that is said in its place; where Python alone does it, that is said, with the line.
"""

import re

REMEDIES = (  # what stands at a message's end, and what stands there for a shell
    (
        r"Put `@elman[^`]*` above it, or give `(custom_objects=[^`]*)`\.",
        r"In Python, where it is defined: `elman.models.load_model('{path}', \1)`.",
    ),
    (
        r"See `elman\.layers\.__all__`\.( Did you mean .*?\?)? For a class of your own give "
        r"`(custom_objects=[^`]*)`\.",
        r"If it is your own, in Python, where it is defined: `elman.models.load_model('{path}', "
        r"\2)`.",
    ),
    (
        r"Use `run` in place of `to_model`\.",
        r"It can be run as it is, in Python: `elman.load_onnx('{path}').run(inputs)`.",
    ),
    (
        r"Make the model, and read them with `model\.load_weights\(filepath\)`\.",
        "Name a file of one.",
    ),
    (r"Use `elman\.[\w.]*rtneural[\w.]*\(path\)`\.", "Let its name end in '.json'."),
    (r"Use `models\.model_from_json\(text\)`\.", "Give it as --like, and the weights as IN."),
    (
        r"Use `elman\.[\w.]*load_weights\(model, path\)`, or `elman\.load_state_dict\(path\)`\.",
        "Let its name end in '.pt' or '.safetensors', and give --like.",
    ),
    (r"Give one, as in `name='model'`\.", "Give OUT such a name, as in 'model.h'."),
    (r"`name` must", "OUT without its ending must"),
    (r"`names`", "--names"),
    (r"every layer of a stream", "every layer of a model that runs timestep by timestep"),
    (r"`filepath`", "OUT"),  # IN and --like are checked before they are read
)


def for_shell(message: str, path: object) -> str:
    """Return a message with what to do in the words of the command line.

    Args:
        message: of the library.
        path: of the file with the layers.

    >>> for_shell("m.h5: it is RTNeural's JSON. Use `elman.formats.rtneural.read(path)`.", "m.h5")
    "m.h5: it is RTNeural's JSON. Let its name end in '.json'."
    """
    for found, said in REMEDIES:
        text = said.replace("{path}", str(path).replace("\\", r"\\"))
        message = re.sub(found, text, message)
    return message
