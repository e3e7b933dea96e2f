from elman.callbacks import CallbackList, History
from tests.callbacks.problem import Spy, X, Y, fit, make


def test_a_callback_list_is_told_as_its_callbacks_are():
    alone, inside = Spy(), Spy()
    fit(alone, epochs=2)
    given = CallbackList([inside])
    make().fit(X, Y, epochs=2, verbose=0, callbacks=given)
    assert inside.events == alone.events
    assert inside.params == {"epochs": 2, "steps": 1, "verbose": 0}
    nested = Spy()
    fit(CallbackList([nested]), epochs=2)
    assert nested.events == alone.events


def test_a_callback_list_adds_a_history_unless_there_is_one():
    model, own = make(), History()
    assert CallbackList([own], add_history=True).callbacks == [own]
    added = CallbackList(add_history=True, model=model)
    assert model.history is added.callbacks[0]
    assert make().fit(X, Y, callbacks=added, verbose=0) is added.callbacks[0]


def test_a_callback_list_shows_progress_only_if_it_is_to(capsys):
    make().fit(X, Y, callbacks=CallbackList(), verbose=2)
    assert capsys.readouterr().out == ""
    make().fit(X, Y, callbacks=CallbackList(add_progbar=True), verbose=2)
    assert capsys.readouterr().out.startswith("epoch 1/1")


def test_a_callback_list_of_a_class_of_its_own_is_told_itself():
    class Own(CallbackList):
        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, {"score": epoch})

    spy = Spy()
    fit(Own([spy]), epochs=1)
    assert ("on_epoch_end", 0, "score") in spy.events


def test_a_callback_list_knows_every_event_and_closes_all():
    class Opened(Spy):
        closed = False

        def close(self):
            self.closed = True

    opened = Opened()
    every = CallbackList([opened], epochs=3)
    assert opened.params == {"epochs": 3}
    for name in [name for name in vars(Spy) if name.startswith("on_")]:
        number = (0,) if "_batch_" in name or "_epoch_" in name else ()
        getattr(every, name)(*number, logs={"loss": 1.0})
        assert opened.events[-1] == (name, *number, "loss")
    every.on_batch_end(0)
    every.close()
    assert opened.closed
