"""discord.py, which nobody here wrote, against the simulator.

    python discordpy.py REST_URL TOKEN GUILD_ID [zlib|zstd]

Logs in, receives GUILD_CREATE, creates a channel, sends, edits, pages the history, resumes after a
dropped connection and deletes the channel. Says what it did, one line each; exits with 1 and a
message if the simulator is not Discord enough.
"""

import asyncio
import sys

REST_URL, TOKEN, GUILD_ID = sys.argv[1:4]
COMPRESSION = sys.argv[4] if len(sys.argv) > 4 else "zlib"
if COMPRESSION == "zlib":
    # discord.py asks for zstd-stream whenever it can import this.
    sys.modules["zstandard"] = None

import aiohttp  # noqa: E402
import discord  # noqa: E402
import yarl  # noqa: E402

DEADLINE_SECONDS = 60
MESSAGES = 105  # more than one page of 100


def check(holds, claim):
    if not holds:
        raise AssertionError(claim)
    print("ok:", claim, flush=True)


class Client(discord.Client):
    def __init__(self):
        intents = discord.Intents.none()
        intents.guilds = True
        intents.guild_messages = True
        intents.message_content = True
        super().__init__(intents=intents)
        self.resumes = 0

    async def on_resumed(self):
        self.resumes += 1


async def control(session, path, body):
    async with session.post(f"{REST_URL}/__sim/{path}", json=body) as answer:
        check(answer.status < 300, f"the simulator takes {body} at {path}")
        return await answer.json(content_type=None) if answer.status == 200 else None


async def live(client, session):
    await client.wait_until_ready()
    compression = discord.utils._ActiveDecompressionContext.COMPRESSION_TYPE
    check(compression == f"{COMPRESSION}-stream", f"the connection uses {compression}")
    guild = client.get_guild(int(GUILD_ID))
    check(guild is not None and not guild.unavailable, "GUILD_CREATE came")
    check(guild.me is not None and guild.me.id == client.user.id, "the bot is a member")
    check(len(guild.text_channels) > 0, "GUILD_CREATE names the channels")

    channel = await guild.create_text_channel("Fidelity Check", topic="by discord.py")
    check(channel.name == "fidelity-check", "the channel's name is normalised")

    echo = asyncio.ensure_future(
        client.wait_for("message", check=lambda message: message.content == "hello")
    )
    sent = await channel.send("hello", nonce="fidelity-1")
    check(sent.content == "hello" and sent.author.id == client.user.id, "a message was sent")
    echoed = await asyncio.wait_for(echo, 10)
    check(echoed.id == sent.id and echoed.nonce == "fidelity-1", "MESSAGE_CREATE came, with nonce")

    edit = asyncio.ensure_future(
        client.wait_for("message_edit", check=lambda before, after: after.id == sent.id)
    )
    edited = await sent.edit(content="hello again")
    check(edited.edited_at is not None, "the message was edited")
    _, after = await asyncio.wait_for(edit, 10)
    check(after.content == "hello again", "MESSAGE_UPDATE came")

    reply = await sent.reply("a reply", mention_author=False)
    check(reply.reference.message_id == sent.id, "a reply refers to its message")

    ids = [sent.id, reply.id]
    for number in range(MESSAGES):
        ids.append((await channel.send(f"line {number}")).id)
    newest_first = [message.id async for message in channel.history(limit=None)]
    check(newest_first == sorted(ids, reverse=True), "history pages backwards to its beginning")
    oldest_first = [
        message.id async for message in channel.history(limit=None, after=sent, oldest_first=True)
    ]
    check(oldest_first == sorted(ids)[1:], "history pages forwards")

    await resume(client, session, channel)

    gone = asyncio.ensure_future(
        client.wait_for("guild_channel_delete", check=lambda deleted: deleted.id == channel.id)
    )
    await channel.delete(reason="the end")
    await asyncio.wait_for(gone, 10)
    check(guild.get_channel(channel.id) is None, "the channel was deleted and CHANNEL_DELETE came")
    try:
        await client.fetch_channel(channel.id)
        check(False, "a deleted channel is unknown")
    except discord.NotFound as error:
        check(error.code == 10003, "a deleted channel is unknown")


async def resume(client, session, channel):
    """A message that this connection cannot have delivered arrives after the resume."""
    missed = asyncio.ensure_future(
        client.wait_for("message", check=lambda message: message.content == "while you were out")
    )
    await control(session, "gateway", {"action": "silence", "seconds": 30})
    body = {"channel_id": str(channel.id), "content": "while you were out"}
    said = await control(session, "messages", body)
    await control(session, "gateway", {"action": "drop"})
    message = await asyncio.wait_for(missed, 30)
    check(str(message.id) == said["id"], "the message sent meanwhile was replayed")
    for _ in range(100):
        if client.resumes:
            break
        await asyncio.sleep(0.1)
    check(client.resumes == 1, "RESUMED came, once")


async def main():
    # The two addresses that a bot author may set; nothing of the library is patched.
    discord.http.Route.BASE = f"{REST_URL}/api/v10"
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bot {TOKEN}"}
        async with session.get(f"{REST_URL}/api/v10/gateway/bot", headers=headers) as answer:
            gateway = (await answer.json())["url"]
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)
        async with Client() as client:
            connection = asyncio.ensure_future(client.start(TOKEN))
            story = asyncio.ensure_future(live(client, session))
            done, _ = await asyncio.wait(
                {connection, story}, timeout=DEADLINE_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                raise TimeoutError(f"not done after {DEADLINE_SECONDS} s")
            for task in done:
                task.result()
            check(story in done, "the connection outlived the test")
    print("done", flush=True)


try:
    discord.utils.setup_logging()
    asyncio.run(main())
except Exception as error:  # noqa: BLE001
    print(f"failed: {type(error).__name__}: {error}", flush=True)
    import traceback

    traceback.print_exc()
    sys.exit(1)
