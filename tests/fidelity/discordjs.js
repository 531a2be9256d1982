// discord.js, which nobody here wrote, against the simulator.
//
//     node discordjs.js REST_URL TOKEN GUILD_ID
//
// Logs in, receives GUILD_CREATE, creates a channel, sends, edits, pages the history, resumes after
// a dropped connection and deletes the channel. Says what it did, one line each; exits with 1 and a
// message if the simulator is not Discord enough.
'use strict';

// Installed into a cache, not beside this file: the test says where (NODE_PATH).
const { Client, ChannelType, Events, GatewayIntentBits, Options } = require('discord.js');

const [restUrl, token, guildId] = process.argv.slice(2);
const DEADLINE_MS = 60_000;
const MESSAGES = 105; // more than one page of 100

function check(holds, claim) {
  if (!holds) throw new Error(claim);
  console.log('ok:', claim);
}

// The next event of this name that fits, or an error.
function next(client, name, fits, ms = 10_000) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      client.off(name, listener);
      reject(new Error(`no ${name} within ${ms} ms`));
    }, ms);
    function listener(...parts) {
      if (!fits(...parts)) return;
      clearTimeout(timer);
      client.off(name, listener);
      resolve(parts);
    }
    client.on(name, listener);
  });
}

async function control(path, body) {
  const answer = await fetch(`${restUrl}/__sim/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  check(answer.ok, `the simulator takes ${JSON.stringify(body)} at ${path}`);
  return answer.status === 200 ? answer.json() : null;
}

// Walks the whole history, newest first, as bots do.
async function walk(channel) {
  const ids = [];
  let before;
  for (;;) {
    const page = await channel.messages.fetch({ limit: 100, before, cache: false });
    if (page.size === 0) return ids;
    ids.push(...page.keys());
    before = page.lastKey();
  }
}

async function resume(client, channel) {
  // A message that this connection cannot have delivered arrives after the resume.
  const words = 'while you were out';
  const missed = next(client, Events.MessageCreate, message => message.content === words, 30_000);
  const resumed = next(client, Events.ShardResume, () => true, 30_000);
  await control('gateway', { action: 'silence', seconds: 30 });
  const said = await control('messages', { channel_id: channel.id, content: words });
  await control('gateway', { action: 'drop' });
  const [message] = await missed;
  check(message.id === said.id, 'the message sent meanwhile was replayed');
  const [, replayed] = await resumed;
  check(replayed >= 1, 'RESUMED came, after the replay');
}

async function main() {
  const client = new Client({
    intents: [
      GatewayIntentBits.Guilds,
      GatewayIntentBits.GuildMessages,
      GatewayIntentBits.MessageContent,
    ],
    rest: { ...Options.createDefault().rest, api: `${restUrl}/api` },
  });
  const ready = next(client, Events.ClientReady, () => true, 20_000);
  await client.login(token);
  await ready;
  check(client.application !== null, 'READY names the application');
  const guild = client.guilds.cache.get(guildId);
  check(guild?.available, 'GUILD_CREATE came');
  check(guild.members.me?.id === client.user.id, 'the bot is a member');
  check(guild.channels.cache.size > 0, 'GUILD_CREATE names the channels');

  const channel = await guild.channels.create({
    name: 'Fidelity Check',
    type: ChannelType.GuildText,
    topic: 'by discord.js',
  });
  check(channel.name === 'fidelity-check', "the channel's name is normalised");

  const echo = next(client, Events.MessageCreate, message => message.content === 'hello');
  const nonce = '18446744073709551';
  const sent = await channel.send({ content: 'hello', nonce, enforceNonce: true });
  check(sent.author.id === client.user.id, 'a message was sent');
  const [echoed] = await echo;
  check(echoed.id === sent.id && echoed.nonce === nonce, 'MESSAGE_CREATE came, with nonce');

  const edit = next(client, Events.MessageUpdate, (before, after) => after.id === sent.id);
  const edited = await sent.edit('hello again');
  check(edited.editedTimestamp !== null, 'the message was edited');
  const [, after] = await edit;
  check(after.content === 'hello again', 'MESSAGE_UPDATE came');

  const reply = await sent.reply('a reply');
  check(reply.reference.messageId === sent.id, 'a reply refers to its message');

  const ids = [sent.id, reply.id];
  for (let number = 0; number < MESSAGES; number += 1) {
    ids.push((await channel.send(`line ${number}`)).id);
  }
  const newestFirst = ids.toSorted((a, b) => (BigInt(a) < BigInt(b) ? 1 : -1));
  const walked = await walk(channel);
  check(walked.join() === newestFirst.join(), 'history pages backwards to its beginning');

  await resume(client, channel);

  const gone = next(client, Events.ChannelDelete, deleted => deleted.id === channel.id);
  await channel.delete('the end');
  await gone;
  check(!guild.channels.cache.has(channel.id), 'the channel was deleted and CHANNEL_DELETE came');
  const error = await client.channels.fetch(channel.id, { force: true }).catch(failure => failure);
  check(error?.code === 10003, 'a deleted channel is unknown');

  await client.destroy();
  console.log('done');
}

setTimeout(() => {
  console.log(`failed: not done after ${DEADLINE_MS} ms`);
  process.exit(1);
}, DEADLINE_MS).unref();

main().then(
  () => process.exit(0),
  error => {
    console.log('failed:', error);
    process.exit(1);
  },
);
