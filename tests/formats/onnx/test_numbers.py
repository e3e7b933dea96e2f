"""What single operators compute where it is easily done wrong, as onnxruntime does."""

import numpy as np
import pytest

import elman

onnx = pytest.importorskip("onnx")
helper = onnx.helper
LARGE = np.array([123456789, -7, 7, 16777217])


def run(path, op, *arrays, opset=17, **attributes):
    names = [f"x{i}" for i in range(len(arrays))]
    kinds = [helper.np_dtype_to_tensor_dtype(each.dtype) for each in arrays]
    inputs = [helper.make_tensor_value_info(name, kind, each.shape)
              for name, kind, each in zip(names, kinds, arrays, strict=True)]  # fmt: skip
    graph = helper.make_graph(
        [helper.make_node(op, names, ["y"], **attributes)], "graph", inputs,
        [onnx.ValueInfoProto(name="y")],
    )  # fmt: skip
    content = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    path.write_bytes(content.SerializeToString())
    (y,) = elman.load_onnx(path).run(dict(zip(names, arrays, strict=True)))
    return y


@pytest.mark.parametrize(
    ("op", "arrays", "attributes", "wanted"),
    [
        ("Mod", [LARGE, np.array([10, 3, -3, 2])], {"fmod": 1}, [9, -1, 1, 1]),
        ("Mod", [LARGE, np.array([10, 3, -3, 2])], {}, [9, 2, -2, 1]),
        ("Mod", [np.array([1e8 + 3, 5.5], "f4"), np.array([3, 2], "f4")], {"fmod": 1}, [1, 1.5]),
        ("Pow", [np.array([2, -7, 7, 1]), np.array([-1, 3, -3, -2])], {}, [0, -343, 0, 1]),
        ("Pow", [np.array([2, 4], "f4"), np.array([-1, -2])], {}, [0.5, 0.0625]),
        ("Dropout", [np.array([1, 2], "f4")], {"ratio": 0.5, "opset": 11}, [1, 2]),
        ("ArgMax", [np.array([1, 3, 2], "f4")], {}, [1]),
    ],
)  # fmt: skip
def test_numbers_are_right(tmp_path, op, arrays, attributes, wanted):
    assert run(tmp_path / "m.onnx", op, *arrays, **attributes).tolist() == wanted


@pytest.mark.parametrize(
    ("reverse", "wanted"), [(0, [[0, np.inf, np.inf]]), (1, [[3.0, 2.0, 0.0]])]
)
def test_a_sum_of_those_before_does_not_have_the_number_itself(tmp_path, reverse, wanted):
    x, axis = np.array([[np.inf, 1, 2]], "f4"), np.array(1)
    y = run(tmp_path / "m.onnx", "CumSum", x, axis, exclusive=1, reverse=reverse)
    assert y.tolist() == wanted
    empty = run(tmp_path / "m.onnx", "CumSum", x[:, :0], axis, exclusive=1)
    assert empty.shape == (1, 0)
