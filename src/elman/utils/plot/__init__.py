"""Pictures of models, a file a question.

diagram.py   which boxes, frames and arrows there are
ranks.py     which boxes stand beside each other, and in which order
spread.py    where on a line things stand that must not overlap
layout.py    where the boxes and frames are
routes.py    which way the arrows take
draw.py      lines and text, by matplotlib
dot.py       the same diagram in the language of Graphviz
"""
