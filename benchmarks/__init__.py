"""How fast elman is, beside torch, JAX, Keras and ONNX Runtime: `python -m benchmarks`.

problem.py -> contenders/ (each in a process of its own: worker.py)
           -> agreement.py: nothing is timed that does not agree
           -> timing.py: all in turn, in one run
           -> sections/ (a file a question) -> records.py -> table.py, plot.py
"""
