"""The first half of the notebook that started elman, unchanged but for its imports."""

# ruff: noqa
# fmt: off

import numpy as np

np.random.seed(0)

from elman.models import Model, Sequential
from elman.layers import Input, Dense, SimpleRNN, TimeDistributed

# data
# two input vectors = two timesteps
x = np.array([[[2,2], [3,3]]])

# input/output shape
inputs = Input((2,2)) # just one timestep
outputs = 2

# MODEL
output, state = SimpleRNN(outputs, return_state=True, activation='relu')(inputs)
model = Model(inputs=inputs, outputs=[output, state])

# print output and state
output, state = model.predict(x)
print('output: ', output)
print('state: ', state)
print('~~~~~~~~~~~~~~')
print('weights: ', model.get_weights())

model.weights[1].value()

print(model.summary())
