"""Are the gradients right? BPTT against central differences."""

def check_gradients():
    pass
