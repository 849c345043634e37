// The official openai client, unchanged but for base URL and key, against a running network. One line of JSON for each stop of
// the tour; the exit status says whether all of them passed.
import OpenAI from "openai";
import assert from "node:assert/strict";

const { ATOMA_URL: baseURL, ATOMA_KEY: apiKey, ATOMA_MODEL: model } = process.env;
const client = new OpenAI({ apiKey, baseURL, maxRetries: 0 });
const ask = [{ role: "user", content: "What is Atoma?" }];
const tool = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather of a city.",
    parameters: { type: "object", properties: { city: { type: "string", maxLength: 12 } }, required: ["city"], additionalProperties: false },
  },
};

let failures = 0;
async function stop(name, visit) {
  try {
    await visit();
    console.log(JSON.stringify({ name, ok: true }));
  } catch (e) {
    failures++;
    console.log(JSON.stringify({ name, ok: false, why: String(e?.stack ?? e) }));
  }
}

async function refused(promise, type, status, code, param) {
  const error = await promise.then(() => assert.fail("not refused"), (e) => e);
  assert.ok(error instanceof type, `${error?.constructor?.name}: ${error}`);
  assert.equal(error.status, status);
  assert.equal(error.code, code);
  if (param !== undefined) assert.equal(error.param, param);
  assert.match(error.requestID, /^[0-9a-z-]{20,}$/);
  assert.ok(error.message.length > 20);
  return error;
}

await stop("models list", async () => {
  const ids = [];
  for await (const m of client.models.list()) ids.push(m.id);
  assert.ok(ids.includes(model));
});

await stop("models retrieve", async () => {
  const one = await client.models.retrieve(model);
  assert.equal(one.object, "model");
  assert.ok(one.created > 1_700_000_000);
});

await stop("chat", async () => {
  const { data, response } = await client.chat.completions
    .create({ model, messages: ask, max_tokens: 24, temperature: 0, user: "someone", store: false, metadata: { a: "b" }, service_tier: "auto" })
    .withResponse();
  assert.equal(data.object, "chat.completion");
  assert.ok(data.choices[0].message.content.length > 0);
  assert.ok(["stop", "length"].includes(data.choices[0].finish_reason));
  assert.equal(data.usage.total_tokens, data.usage.prompt_tokens + data.usage.completion_tokens);
  assert.equal(data._request_id, response.headers.get("x-request-id"));
});

await stop("chat stream with usage", async () => {
  const stream = await client.chat.completions.create({ model, messages: ask, max_tokens: 24, temperature: 0, stream: true, stream_options: { include_usage: true } });
  let text = "", finish, usage;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? "";
    finish ??= chunk.choices[0]?.finish_reason;
    usage ??= chunk.usage;
  }
  const whole = await client.chat.completions.create({ model, messages: ask, max_tokens: 24, temperature: 0 });
  assert.equal(text, whole.choices[0].message.content);
  assert.equal(finish, whole.choices[0].finish_reason);
  assert.deepEqual(usage, whole.usage);
});

await stop("chat stream helper", async () => {
  const runner = client.chat.completions.stream({ model, messages: ask, max_tokens: 16, temperature: 0 });
  const final = await runner.finalChatCompletion();
  assert.ok(final.choices[0].message.content.length > 0);
});

await stop("n", async () => {
  const { choices, usage } = await client.chat.completions.create({ model, messages: ask, n: 2, max_tokens: 12, temperature: 1.5, seed: 11 });
  assert.deepEqual(choices.map((c) => c.index), [0, 1]);
  assert.notEqual(choices[0].message.content, choices[1].message.content);
  assert.ok(usage.completion_tokens > 1);
  const second = await client.chat.completions.create({ model, messages: ask, max_tokens: 12, temperature: 1.5, seed: 12 });
  assert.equal(second.choices[0].message.content, choices[1].message.content);
});

await stop("n streamed", async () => {
  const stream = await client.chat.completions.create({ model, messages: ask, n: 3, max_tokens: 12, temperature: 1, stream: true });
  const texts = ["", "", ""], finished = [];
  for await (const chunk of stream)
    for (const choice of chunk.choices) {
      texts[choice.index] += choice.delta.content ?? "";
      if (choice.finish_reason) finished.push(choice.index);
    }
  assert.ok(texts.every((t) => t.length > 0));
  assert.deepEqual(finished.sort(), [0, 1, 2]);
});

await stop("stop", async () => {
  const free = await client.chat.completions.create({ model, messages: ask, max_tokens: 24, temperature: 0 });
  const word = free.choices[0].message.content.trim().split(/\s+/)[2];
  const cut = await client.chat.completions.create({ model, messages: ask, max_tokens: 24, temperature: 0, stop: [word] });
  assert.equal(cut.choices[0].finish_reason, "stop");
  assert.ok(!cut.choices[0].message.content.includes(word));
});

await stop("seed", async () => {
  const body = { model, messages: ask, max_tokens: 16, temperature: 1.2, seed: 4711 };
  const [a, b] = [await client.chat.completions.create(body), await client.chat.completions.create(body)];
  assert.equal(a.choices[0].message.content, b.choices[0].message.content);
});

await stop("logprobs", async () => {
  const { choices } = await client.chat.completions.create({ model, messages: ask, max_tokens: 8, temperature: 0, logprobs: true, top_logprobs: 3 });
  const content = choices[0].logprobs.content;
  assert.equal(content.map((t) => t.token).join(""), choices[0].message.content);
  assert.ok(content.every((t) => t.logprob <= 0 && t.top_logprobs.length <= 3 && t.top_logprobs[0].logprob >= t.logprob));
});

await stop("penalties and bias", async () => {
  await client.chat.completions.create({ model, messages: ask, max_tokens: 8, presence_penalty: 1, frequency_penalty: 1, top_p: 0.9, logit_bias: { 5: -100 } });
});

await stop("json object", async () => {
  const { choices } = await client.chat.completions.create({ model, messages: ask, max_tokens: 200, temperature: 0, response_format: { type: "json_object" }, seed: 1 });
  if (choices[0].finish_reason === "stop") assert.equal(typeof JSON.parse(choices[0].message.content), "object");
  else assert.match(choices[0].message.content, /^\s*\{/);
});

await stop("json schema", async () => {
  const schema = { type: "object", properties: { ok: { type: "boolean" }, count: { type: "integer", minimum: 0, maximum: 9 } }, required: ["ok", "count"], additionalProperties: false };
  const { choices } = await client.chat.completions.create({
    model, messages: ask, max_tokens: 64, temperature: 0, response_format: { type: "json_schema", json_schema: { name: "reply", strict: true, schema } },
  });
  const value = JSON.parse(choices[0].message.content);
  assert.equal(typeof value.ok, "boolean");
  assert.ok(Number.isInteger(value.count));
});

await stop("tools forced and round trip", async () => {
  const { choices } = await client.chat.completions.create({
    model, messages: ask, tools: [tool], tool_choice: { type: "function", function: { name: "get_weather" } }, max_tokens: 64, temperature: 0,
  });
  const message = choices[0].message, call = message.tool_calls[0];
  assert.equal(choices[0].finish_reason, "tool_calls");
  assert.equal(call.function.name, "get_weather");
  assert.equal(typeof JSON.parse(call.function.arguments).city, "string");
  const after = await client.chat.completions.create({
    model, messages: [...ask, message, { role: "tool", tool_call_id: call.id, content: "Sunny." }], tools: [tool], max_tokens: 16, temperature: 0,
  });
  assert.ok(after.choices.length === 1);
});

await stop("tools auto, streamed", async () => {
  const stream = await client.chat.completions.create({ model, messages: ask, tools: [tool], tool_choice: "auto", parallel_tool_calls: false, max_tokens: 24, stream: true });
  let finish;
  for await (const chunk of stream) finish = chunk.choices[0]?.finish_reason ?? finish;
  assert.ok(["stop", "length", "tool_calls"].includes(finish));
});

await stop("completions", async () => {
  const one = await client.completions.create({ model, prompt: "Atoma is", max_tokens: 8, temperature: 0 });
  assert.equal(one.object, "text_completion");
  const many = await client.completions.create({ model, prompt: ["Atoma is", "A node"], max_tokens: 8, temperature: 0, n: 1 });
  assert.equal(many.choices[0].text, one.choices[0].text);
  assert.equal(many.choices.length, 2);
  const tokens = await client.completions.create({ model, prompt: [5, 6, 7], max_tokens: 4, temperature: 0, logprobs: 2 });
  assert.equal(tokens.choices[0].logprobs.tokens.length, tokens.usage.completion_tokens);
  let streamed = "";
  for await (const chunk of await client.completions.create({ model, prompt: "Atoma is", max_tokens: 8, temperature: 0, stream: true })) streamed += chunk.choices[0].text;
  assert.equal(streamed, one.choices[0].text);
});

await stop("embeddings", async () => {
  const input = ["What is Atoma?", "The moon."];
  const base64 = await client.embeddings.create({ model, input });
  const floats = await client.embeddings.create({ model, input, encoding_format: "float" });
  assert.equal(floats.data.length, 2);
  assert.deepEqual(base64.data[0].embedding.map(Math.fround), floats.data[0].embedding.map(Math.fround));
  assert.equal(base64.usage.total_tokens, base64.usage.prompt_tokens);
});

await stop("moderations are refused", () => refused(client.moderations.create({ input: "x" }), OpenAI.NotFoundError, 404, "not_offered"));

await stop("wrong key", () =>
  refused(new OpenAI({ baseURL, apiKey: "sk-no-such-key", maxRetries: 0 }).models.list(), OpenAI.AuthenticationError, 401, "invalid_api_key"));

await stop("unknown model", () =>
  refused(client.chat.completions.create({ model: "gpt-4o", messages: ask }), OpenAI.NotFoundError, 404, "model_not_found", "model"));

await stop("bad parameter", () =>
  refused(client.chat.completions.create({ model, messages: ask, temperature: 3 }), OpenAI.BadRequestError, 400, "invalid_value", "temperature"));

await stop("unsupported parameter", () =>
  refused(client.chat.completions.create({ model, messages: ask, modalities: ["audio"] }), OpenAI.BadRequestError, 400, "unsupported_parameter", "modalities"));

await stop("prompt too long", () =>
  refused(client.chat.completions.create({ model, messages: [{ role: "user", content: "atoma ".repeat(20_000) }] }), OpenAI.BadRequestError, 400, "context_length_exceeded", "messages"));

await stop("no money", async () => {
  const error = await refused(
    client.chat.completions.create({ model, messages: ask, n: 8, max_tokens: 16_384, integrity: "checked:3" }), OpenAI.APIError, 402, "insufficient_balance");
  assert.equal(error.type, "insufficient_quota");
  assert.match(error.message, /\d+ micros/);
});

await stop("abort of a stream", async () => {
  const stream = await client.chat.completions.create({ model, messages: ask, max_tokens: 900, ignore_eos: true, stream: true });
  let id;
  for await (const chunk of stream) {
    id = chunk.id.replace("chatcmpl-", "");
    if (chunk.choices[0]?.delta?.content) break; // leaving the loop aborts
  }
  for (let attempt = 0; ; attempt++) {
    const request = await client.get(`/requests/${id}`);
    if (request.status === "settled" || request.status === "refunded") {
      assert.ok(request.output_tokens < 900, `${request.output_tokens} tokens were generated`);
      break;
    }
    assert.ok(attempt < 300, "the abort did not end the request");
    await new Promise((r) => setTimeout(r, 100));
  }
});

await stop("idempotency key", async () => {
  const body = { model, messages: ask, max_tokens: 12, temperature: 1 };
  const options = { idempotencyKey: "tour-1", headers: { "Idempotency-Key": "tour-1" } };
  const [a, b] = [await client.chat.completions.create(body, options), await client.chat.completions.create(body, options)];
  assert.equal(a.atoma.request_id, b.atoma.request_id);
  assert.equal(a.choices[0].message.content, b.choices[0].message.content);
  await refused(client.chat.completions.create({ ...body, max_tokens: 13 }, options), OpenAI.ConflictError, 409, "idempotency_conflict", "Idempotency-Key");
});

await stop("timeouts and retries of the client", async () => {
  const impatient = new OpenAI({ apiKey, baseURL, timeout: 1, maxRetries: 1 });
  await assert.rejects(impatient.chat.completions.create({ model, messages: ask, max_tokens: 4 }), (e) => e instanceof OpenAI.APIConnectionTimeoutError);
});

process.exit(failures > 0 ? 1 : 0);
