"""What the server is compared with, each in a process of its own.

    python benchmarks/serving_baselines.py echo-http PORT ANSWER_FILE
    python benchmarks/serving_baselines.py echo-grpc PORT ANSWER_FILE
    python benchmarks/serving_baselines.py bare-http PORT ANSWER_FILE MODEL
    python benchmarks/serving_baselines.py bare-grpc PORT ANSWER_FILE MODEL
    python benchmarks/serving_baselines.py bare-batch PORT MODEL
    python benchmarks/serving_baselines.py fastapi PORT MODEL
    python benchmarks/serving_baselines.py times MODEL

Terms:
    echo: our HTTP or gRPC stack with a handler that sends a prepared answer: transport's limit.
    bare: the echo, which also runs the session on prepared arrays: what no server that alternates
        between the two can be faster than; each finds the processor's caches full of the other.
    bare-batch: our HTTP stack with a handler that does no more than predictions in batches of 64
        need: JSON by orjson, arrays, the session on a thread, text. No routes, checks or metrics.
    fastapi: what people write instead: a handler that calls the SavedModel's signature.
    times: seconds of the C++ session in this process, with 1 row and with 64, and of JSON for
        1,000 rows beside orjson's own, as one line of JSON: the limit of the model.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SIGNATURE = "serving_default"
_BATCH = 64


def echo_http(port: str, answer_file: str, model: str | None = None) -> None:
    """Answer every HTTP request with the content of a file."""
    import uvloop

    from tfx_pipeline.serving.config.options import ServerOptions
    from tfx_pipeline.serving.http.messages import App, Reply, Request, Response
    from tfx_pipeline.serving.http.server import start_http

    response = Response(200, Path(answer_file).read_bytes())
    run = _prepared_run(model)

    class Echo(App):
        def answer(self, request: Request, reply: Reply) -> None:
            run()
            reply(response)

    async def serve() -> None:
        await start_http(Echo(), ServerOptions(rest_api_port=int(port)))
        await asyncio.Event().wait()

    uvloop.run(serve())


def echo_grpc(port: str, answer_file: str, model: str | None = None) -> None:
    """Answer every Predict call with the content of a file."""
    import grpc
    import uvloop

    answer = Path(answer_file).read_bytes()
    run = _prepared_run(model)

    async def predict(request: bytes, context: Any) -> bytes:
        run()
        return answer

    async def serve() -> None:
        server = grpc.aio.server()
        handlers = {"Predict": grpc.unary_unary_rpc_method_handler(predict)}
        service = "tensorflow.serving.PredictionService"
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, handlers)])
        server.add_insecure_port(f"127.0.0.1:{port}")
        await server.start()
        await asyncio.Event().wait()

    uvloop.run(serve())


def bare_batch(port: str, model: str) -> None:
    """Answer predictions, 64 at a time, with as little around them as possible."""
    import threading
    from queue import SimpleQueue

    import orjson
    import uvloop

    from tfx_pipeline.serving.config.options import ServerOptions
    from tfx_pipeline.serving.http.messages import App, Reply, Request, Response
    from tfx_pipeline.serving.http.server import start_http
    from tfx_pipeline.serving.json.request import predict_inputs
    from tfx_pipeline.serving.json.response import body_of_rows, row_texts
    from tfx_pipeline.serving.models.saved_model import load_saved_model

    loaded = load_saved_model(Path(model))
    signature = loaded.signatures[SIGNATURE]
    batches: SimpleQueue[list[Any]] = SimpleQueue()
    waiting: list[Any] = []

    class Batching(App):
        def answer(self, request: Request, reply: Reply) -> None:
            waiting.append((orjson.loads(request.body), reply))
            if len(waiting) == _BATCH:
                batches.put(waiting[:])
                waiting.clear()

    def reply_to_all(batch: list[Any], texts: list[str]) -> None:
        for (_, reply), text in zip(batch, texts, strict=True):
            reply(Response(200, body_of_rows([text], 1)))

    def work(loop: Any) -> None:
        while True:
            batch = batches.get()
            rows = [row for document, _ in batch for row in document["instances"]]
            arrays, _ = predict_inputs({"instances": rows}, signature.inputs)
            feeds = {signature.inputs[alias].name: array for alias, array in arrays.items()}
            outputs = loaded.run(feeds, signature.fetches)
            texts = row_texts(signature.outputs_of(signature.fetches, outputs))
            loop.call_soon_threadsafe(reply_to_all, batch, texts)

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        threading.Thread(target=work, args=(loop,), daemon=True).start()
        await start_http(Batching(), ServerOptions(rest_api_port=int(port)))
        await asyncio.Event().wait()

    gc.collect()
    gc.freeze()
    uvloop.run(serve())


def _prepared_run(model: str | None) -> Callable[[], Any]:
    """Make what runs a model's session on one row; nothing for no model."""
    if model is None:
        return lambda: None
    from tfx_pipeline.modules.smoke_rows import read_smoke_rows
    from tfx_pipeline.serving.models.saved_model import load_saved_model

    run = _session_run(load_saved_model(Path(model)), read_smoke_rows(Path(model)).instances[:1])
    gc.collect()
    gc.freeze()
    return run


def _session_run(loaded: Any, rows: Any) -> Callable[[], Any]:
    """Make what runs the C++ session on these rows, and nothing else."""
    from tfx_pipeline.serving.json.request import predict_inputs

    signature = loaded.signatures[SIGNATURE]
    arrays, _ = predict_inputs({"instances": list(rows)}, signature.inputs)
    feeds = {signature.inputs[alias].name: array for alias, array in arrays.items()}
    call = loaded._call_of(feeds, signature.fetches)._on_this_thread
    values = [feeds[name] for name in sorted(feeds)]
    return lambda: call(*values)


def fastapi(port: str, model: str) -> None:
    """Serve a SavedModel by a plain handler."""
    import tensorflow as tf
    import uvicorn
    from fastapi import Body, FastAPI

    app = FastAPI()
    loaded = tf.saved_model.load(model)
    signature = loaded.signatures[SIGNATURE]
    specs = signature.structured_input_signature[1]

    @app.post("/v1/models/{name}:predict")
    def predict(name: str, body: dict[str, Any] = Body()) -> dict[str, Any]:  # noqa: B008 - FastAPI's way
        rows = body["instances"]
        inputs = {key: tf.constant([row[key] for row in rows], specs[key].dtype) for key in specs}
        outputs = signature(**inputs)
        return {"predictions": next(iter(outputs.values())).numpy().tolist()}

    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="error", access_log=False)


def times(model: str) -> None:
    """Time the session and the JSON; print one line."""
    import numpy as np
    import orjson

    from tfx_pipeline.modules.smoke_rows import read_smoke_rows
    from tfx_pipeline.serving.json.parse import parse_document
    from tfx_pipeline.serving.json.request import predict_inputs
    from tfx_pipeline.serving.json.response import predictions_body
    from tfx_pipeline.serving.models.saved_model import load_saved_model

    loaded = load_saved_model(Path(model))
    gc.freeze()  # as the server does
    signature = loaded.signatures[SIGNATURE]
    rows = list(read_smoke_rows(model).instances)
    found = {}

    def inputs_of(document: Any) -> dict[str, Any]:
        return predict_inputs(document, signature.inputs)[0]

    for count in (1, 64):
        found[f"model_{count}"] = _seconds(_session_run(loaded, (rows * 64)[:count]))
    # orjson refuses NaN: missing numbers are left as they are sent by most callers, as 0.
    thousand = [
        {k: 0.0 if isinstance(v, float) and v != v else v for k, v in row.items()}
        for row in (rows * 1000)[:1000]
    ]
    body = orjson.dumps({"instances": thousand})
    scores = np.random.default_rng(0).random(1000, np.float32)
    listed = {"predictions": scores.tolist()}

    def our_json() -> None:
        inputs_of(parse_document(body))
        predictions_body({"probability": scores}, True)

    def their_json() -> None:
        orjson.loads(body)
        orjson.dumps(listed)

    found["json"], found["orjson"] = _seconds(our_json), _seconds(their_json)
    print(json.dumps(found))


def _seconds(function: Callable[[], Any], for_s: float = 2.0) -> float:
    """Return the median time of a call."""
    seconds: list[float] = []
    end = time.perf_counter() + for_s
    while len(seconds) < 20 or time.perf_counter() < end:
        started = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


if __name__ == "__main__":
    kinds: dict[str, Callable[..., Any]] = {
        "echo-http": echo_http,
        "echo-grpc": echo_grpc,
        "bare-http": echo_http,
        "bare-grpc": echo_grpc,
        "bare-batch": bare_batch,
        "fastapi": fastapi,
        "times": times,
    }
    kinds[sys.argv[1]](*sys.argv[2:])
