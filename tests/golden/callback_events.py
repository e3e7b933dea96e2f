"""Trainings that write down what callbacks are told, and what the guide's own callbacks do.

Each is the same in Keras and in elman, and returns what it saw, as JSON can.
"""

import numpy as np

from tests.golden.callback_setting import SCORES, numbers, spy

# ---------------------------------------------------------------------- what they are told


def hooks(setting):
    """Every event of `fit`, `evaluate` and `predict`, with `params`."""
    found, model, (x, y, *_) = {}, setting.model(), setting.data()
    seen = spy(setting.keras)
    setting.fit(model, seen, validate=True, epochs=2)
    found["fit"] = [seen.events, seen.given]
    seen = spy(setting.keras)
    model.evaluate(x, y, batch_size=8, callbacks=[seen], verbose=0)
    found["evaluate"] = [seen.events, seen.given]
    seen = spy(setting.keras)
    model.predict(x, batch_size=8, callbacks=[seen], verbose=0)
    found["predict"] = [seen.events, seen.given]
    return found


def stopping(setting):
    """What is heard when a callback ends training, evaluation and prediction."""
    keras, found = setting.keras, {}

    def stop(name):
        def told(batch, logs):
            if batch == 1:
                setattr(model, name, True)

        return told

    model, (x, y, *_) = setting.model(), setting.data()
    seen = spy(keras)
    halt = keras.callbacks.LambdaCallback(on_train_batch_end=stop("stop_training"))
    setting.fit(model, halt, seen, validate=True)
    found["fit"] = seen.events
    seen = spy(keras)
    halt = keras.callbacks.LambdaCallback(on_test_batch_end=stop("stop_evaluating"))
    result = model.evaluate(x, y, batch_size=4, callbacks=[halt, seen], verbose=0)
    found["evaluate"] = [seen.events, numbers(result)]
    seen = spy(keras)
    halt = keras.callbacks.LambdaCallback(on_predict_batch_end=stop("stop_predicting"))
    result = model.predict(x, batch_size=4, callbacks=[halt, seen], verbose=0)
    found["predict"] = [seen.events, numbers(result)]
    return found


def shared_logs(setting):
    """Who sees what a callback writes to the logs."""
    seen = spy(setting.keras)
    history = setting.fit(setting.model(), setting.feed(SCORES), seen, epochs=2)
    return [seen.events[-3:], numbers(history.history)]


def histories(setting):
    """One History that is given, to two trainings."""
    given, model = setting.keras.callbacks.History(), setting.model()
    same = [setting.fit(model, given, epochs=2) is given for _ in range(2)]
    return [same, model.history is given, given.epoch, numbers(given.history), given.params]


def a_list(setting):
    """A CallbackList, given to `fit`, and in a loop of one's own."""
    keras, model, seen = setting.keras, setting.model(), spy(setting.keras)
    x, y, *_ = setting.data()
    callbacks = keras.callbacks.CallbackList(
        [seen], add_history=True, model=model, epochs=2, steps=3, verbose=0
    )
    model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=callbacks)
    found = [seen.events, numbers(model.history.history)]
    own = keras.callbacks.History()
    callbacks = keras.callbacks.CallbackList([own, [seen]], model=model)
    callbacks.on_train_begin()
    for epoch in range(2):
        callbacks.on_epoch_begin(epoch)
        callbacks.on_train_batch_begin(0)
        callbacks.on_train_batch_end(0, {"loss": 2.0})
        callbacks.on_epoch_end(epoch, {"loss": 2.0})
    callbacks.on_train_end()
    return [*found, seen.events[-10:], numbers(own.history)]


# ---------------------------------------------------------------------- the guide's own callbacks


def guide_losses(setting):
    """The guide's callback that looks at the loss after each batch and each epoch."""
    lines = []

    class LossAndErrorPrintingCallback(setting.keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            lines.append(["train", batch, numbers(logs["loss"])])

        def on_test_batch_end(self, batch, logs=None):
            lines.append(["test", batch, numbers(logs["loss"])])

        def on_epoch_end(self, epoch, logs=None):
            lines.append(["epoch", epoch, numbers(logs["loss"]), numbers(logs["mae"])])

    setting.fit(setting.model(), LossAndErrorPrintingCallback(), validate=True)
    return lines


def guide_early_stopping(setting):
    """The guide's class that stops when the loss is at its minimum, and restores the weights."""

    class EarlyStoppingAtMinLoss(setting.keras.callbacks.Callback):
        def __init__(self, patience=0):
            super().__init__()
            self.patience = patience
            self.best_weights = None

        def on_train_begin(self, logs=None):
            self.wait, self.stopped_epoch, self.best = 0, 0, np.inf

        def on_epoch_end(self, epoch, logs=None):
            current = logs.get("loss")
            if np.less(current, self.best):
                self.best, self.wait = current, 0
                self.best_weights = self.model.get_weights()
            else:
                self.wait += 1
                if self.wait >= self.patience:
                    self.stopped_epoch = epoch
                    self.model.stop_training = True
                    self.model.set_weights(self.best_weights)

    model = setting.model(setting.keras.optimizers.SGD(0.8, momentum=0.9))
    own = EarlyStoppingAtMinLoss(patience=1)
    history = setting.fit(model, own, epochs=30)
    return [own.stopped_epoch, numbers(history.history), numbers(model.get_weights())]


def guide_schedule(setting):
    """The guide's class that sets the learning rate of each epoch from a table."""
    rates = []

    class CustomLearningRateScheduler(setting.keras.callbacks.Callback):
        def __init__(self, schedule):
            super().__init__()
            self.schedule = schedule

        def on_epoch_begin(self, epoch, logs=None):
            if not hasattr(self.model.optimizer, "learning_rate"):
                raise ValueError('Optimizer must have a "learning_rate" attribute.')
            scheduled = self.schedule(epoch, self.model.optimizer.learning_rate)
            self.model.optimizer.learning_rate = scheduled
            rates.append(float(np.array(scheduled)))

    table = {3: 0.05, 6: 0.01, 9: 0.005}
    own = CustomLearningRateScheduler(lambda epoch, rate: table.get(epoch, rate))
    model = setting.model()
    history = setting.fit(model, own, epochs=11)
    return [numbers(rates), numbers(history.history), numbers(model.get_weights())]
