"""Pictures of what was found: a file a kind of result, on the style of `style.py`.

matplotlib is imported when something is drawn. Colours can be told apart by the colour-blind, and
by their lightness when printed.
"""
