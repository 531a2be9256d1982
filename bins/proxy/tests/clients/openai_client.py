"""Asks a running proxy through the official openai package. Prints one JSON line a check.

usage: openai_client.py BASE_URL KEY MODEL SIMULATOR
"""

import asyncio
import json
import sys
import urllib.request

import openai

base_url, key, model, simulator = sys.argv[1:]
client = openai.OpenAI(base_url=base_url, api_key=key, max_retries=0, timeout=60)


def messages(text):
    return [{"role": "user", "content": text}]


def report(check, **facts):
    print(json.dumps({"check": check, **facts}), flush=True)


report("models", ids=[m.id for m in client.models.list()])

whole = client.chat.completions.create(model=model, messages=messages("Say the word pomegranate."))
report(
    "whole",
    text=whole.choices[0].message.content,
    finish_reason=whole.choices[0].finish_reason,
    model=whole.model,
    total_tokens=whole.usage.total_tokens,
)

text, finish, chunks, usage = "", None, 0, None
with client.chat.completions.create(
    model=model,
    messages=messages("Say the word persimmon."),
    stream=True,
    stream_options={"include_usage": True},
) as stream:
    for chunk in stream:
        chunks += 1
        if chunk.usage:
            usage = chunk.usage.total_tokens
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish = choice.finish_reason or finish
report("stream", text=text, finish_reason=finish, chunks=chunks, total_tokens=usage)

# The strictest reader of chunks in the package.
with client.chat.completions.stream(model=model, messages=messages("Say the word quince.")) as stream:
    for _ in stream:
        pass
    final = stream.get_final_completion()
report("helper", text=final.choices[0].message.content, finish_reason=final.choices[0].finish_reason)


def command_gateway(**command):
    request = urllib.request.Request(
        f"{simulator}/__sim/gateway",
        data=json.dumps(command).encode(),
        headers={"content-type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=10).close()


# Discord's gateway goes in the middle of the answer: first so that the session goes on, then so that
# it does not. Nothing of it may be missing, and nothing there twice.
question = "Say the words nectarine, tamarind, satsuma, kumquat, damson and mirabelle."
uncut = client.chat.completions.create(model=model, messages=messages(question)).choices[0].message.content
for check, command in {
    "dropped": {"action": "drop"},
    "invalidated": {"action": "invalidate", "resumable": False},
}.items():
    text, finish = "", None
    with client.chat.completions.create(model=model, messages=messages(question), stream=True) as stream:
        for chunk in stream:
            for choice in chunk.choices:
                if choice.delta.content and not text:
                    command_gateway(**command)
                text += choice.delta.content or ""
                finish = choice.finish_reason or finish
    report(check, text=text, uncut=uncut, finish_reason=finish)


async def hang_up():
    """Leaves in the middle of a stream, as a person does who presses stop."""
    asynchronous = openai.AsyncOpenAI(base_url=base_url, api_key=key, max_retries=0)
    stream = await asynchronous.chat.completions.create(
        model=model, messages=messages("Tell me something long."), stream=True
    )
    async for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            break
    await stream.close()
    await asynchronous.close()


asyncio.run(hang_up())
report("hang_up")

for name, call in {
    "bad_key": lambda: openai.OpenAI(base_url=base_url, api_key="wrong", max_retries=0).models.list(),
    "unknown_model": lambda: client.chat.completions.create(model="nobody", messages=messages("?")),
    "no_messages": lambda: client.chat.completions.create(model=model, messages=[]),
}.items():
    try:
        call()
        report(name, status=200)
    except openai.APIStatusError as error:
        report(name, status=error.status_code, code=error.code, param=error.param, type=error.type)
