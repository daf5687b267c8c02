"""Run by its path, by any Python with a TFLite runtime: answers all models of a folder.

    python foreign_process.py FOLDER

For each `<name>.tflite` there is `<name>.npz` with its inputs (texts as NumPy's own type); the
answers go to `<name>.answers.npz`. The runtime is the first that can be imported.
"""

import glob
import sys

import numpy as np


def main(folder):
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        from tflite_runtime.interpreter import Interpreter
    for path in sorted(glob.glob(folder + "/*.tflite")):
        interpreter = Interpreter(path, num_threads=1)
        # A runner that is kept would stand in the way of other shapes.
        details = interpreter.get_signature_runner("serving_default").get_input_details()
        with np.load(path[: -len("tflite")] + "npz", allow_pickle=False) as arrays:
            cells = {name: arrays[name] for name in arrays.files}
        for name, detail in details.items():
            interpreter.resize_tensor_input(detail["index"], cells[name].shape)
        interpreter.allocate_tensors()
        for name, detail in details.items():
            values = cells[name]
            if values.dtype.kind == "U":
                values = np.array([text.encode() for text in values.tolist()], object)
            interpreter.set_tensor(detail["index"], values)
        interpreter.invoke()
        answers = {}
        outputs = interpreter.get_signature_runner("serving_default").get_output_details()
        for name, detail in outputs.items():
            values = interpreter.get_tensor(detail["index"])
            if values.dtype.kind in "OS":
                values = np.array([text.decode() for text in values.tolist()])
            answers[name] = values
        np.savez(path[: -len("tflite")] + "answers.npz", **answers)


main(*sys.argv[1:])
