// Rows out of JSON as tensors, answers as JSON. A number that JSON has not is a text: "NaN".

const ARRAYS = { float32: Float32Array, float64: Float64Array, int32: Int32Array };

export function tensors(ort, inputs) {
  const feeds = {};
  for (const { name, type, cells } of inputs) {
    const data = type === "string" ? cells : ARRAYS[type].from(cells, Number);
    feeds[name] = new ort.Tensor(type, data, [cells.length]);
  }
  return feeds;
}

// A list of jobs, each the inputs of a call; of each the answers, or what was said instead.
export async function answers(ort, session, jobs) {
  const found = [];
  for (const inputs of jobs) {
    try {
      const outputs = await session.run(tensors(ort, inputs));
      const names = Object.keys(outputs);
      found.push(Object.fromEntries(names.map((name) => [name, Array.from(outputs[name].data)])));
    } catch (error) {
      found.push({ error: String(error.message) });
    }
  }
  return found;
}
